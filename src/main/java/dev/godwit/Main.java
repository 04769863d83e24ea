package dev.godwit;

import dev.godwit.agent.Abilities;
import dev.godwit.agent.Agent;

/** The list of commands, nothing else. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    if (args.length == 1 && args[0].equals("agent")) {
      System.exit(Agent.main(Abilities.all()));
    }
    System.out.println("godwit");
  }
}
