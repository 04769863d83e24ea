package dev.godwit.cli.mirror;

import dev.godwit.agent.Abilities;
import dev.godwit.cli.sync.SyncHosts;
import dev.godwit.host.Ability;
import dev.godwit.host.HostFactory;
import dev.godwit.mirror.rules.MirrorRule;
import java.util.List;
import java.util.function.Consumer;

/** How the hosts of mirrors are reached: as those of a copy are, but nobody is asked anything. */
final class MirrorHosts {
  private MirrorHosts() {}

  /**
   * @param remarks for the log, as in {@link dev.godwit.host.SshOptions}
   */
  static HostFactory factory(MirrorRule rule, boolean source, Consumer<String> remarks) {
    String role = source ? "source" : "target";
    String name = source ? rule.sourceHost() : rule.targetHost();
    List<Ability> here = Abilities.all();
    int silence = rule.rules().timeoutSeconds;
    // Somebody who is asked for a password at the third reconnection is not there.
    return () ->
        SyncHosts.connect(role, name, here, rule.line(), silence, List.of(), false, remarks);
  }
}
