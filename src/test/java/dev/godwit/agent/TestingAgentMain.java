package dev.godwit.agent;

import dev.godwit.host.Ability;
import dev.godwit.wire.Channel;
import java.io.IOException;
import java.util.List;

/** An agent with an ability that prints where only frames may be. */
public final class TestingAgentMain {
  private TestingAgentMain() {}

  private static final class NoisyAbility implements Ability {
    @Override
    public String name() {
      return "noisy";
    }

    @Override
    public void serve(Channel channel, byte[] argument) throws IOException {
      System.out.println("words on standard output");
      channel.send(argument);
    }
  }

  public static void main(String[] args) {
    System.exit(
        Agent.main(
            List.of(args), List.of(new PingAbility(), new FactsAbility(), new NoisyAbility())));
  }
}
