package dev.godwit.agent;

import dev.godwit.forward.ConnectAbility;
import dev.godwit.forward.GateAbility;
import dev.godwit.forward.LandingAbility;
import dev.godwit.host.Ability;
import dev.godwit.mirror.MirrorRestAbility;
import dev.godwit.mirror.MirrorSourceAbility;
import dev.godwit.service.Fences;
import dev.godwit.service.ServiceAbility;
import dev.godwit.service.ServiceManager;
import dev.godwit.sync.SyncSourceAbility;
import dev.godwit.sync.SyncTargetAbility;
import dev.godwit.sync.copy.CopySourceAbility;
import dev.godwit.sync.copy.CopyTargetAbility;
import dev.godwit.sync.rules.NameListAbility;
import java.nio.file.Path;
import java.util.List;

/** All that a host can do, one line for each room that acts on a host. */
public final class Abilities {
  private Abilities() {}

  public static List<Ability> all() {
    return List.of(
        new PingAbility(),
        new FactsAbility(),
        new PathFactsAbility(),
        new CopySourceAbility(),
        new CopyTargetAbility(),
        new SyncSourceAbility(),
        new SyncTargetAbility(),
        new NameListAbility(),
        new MirrorSourceAbility(),
        new MirrorRestAbility(),
        new ServiceAbility(serviceManager()),
        new GateAbility(),
        new LandingAbility(),
        new ConnectAbility(),
        new ForgetAbility());
  }

  /** This host's services; fences are remembered where a reboot leaves them. */
  static ServiceManager serviceManager() {
    return new ServiceManager(new Fences(Path.of("/etc/systemd/system")));
  }
}
