package dev.godwit.agent;

import dev.godwit.host.Ability;
import java.util.List;

/** All that a host can do, one line for each room that acts on a host. */
public final class Abilities {
  private Abilities() {}

  public static List<Ability> all() {
    return List.of(new PingAbility(), new FactsAbility());
  }
}
