package dev.godwit.agent;

import dev.godwit.address.AddressAbility;
import dev.godwit.database.DatabaseAbility;
import dev.godwit.forward.daemons.GateAbility;
import dev.godwit.forward.daemons.LandingAbility;
import dev.godwit.forward.server.ConnectAbility;
import dev.godwit.host.Ability;
import dev.godwit.mirror.CircleAbility;
import dev.godwit.mirror.MirrorRestAbility;
import dev.godwit.mirror.MirrorSourceAbility;
import dev.godwit.service.CommandAbility;
import dev.godwit.service.Fences;
import dev.godwit.service.QueueAbility;
import dev.godwit.service.ServiceAbility;
import dev.godwit.service.ServiceManager;
import dev.godwit.stage.StageAbility;
import dev.godwit.stage.StageTreesAbility;
import dev.godwit.survey.AccountsAbility;
import dev.godwit.survey.SurveyAbility;
import dev.godwit.sync.ChangesAbility;
import dev.godwit.sync.DigestAbility;
import dev.godwit.sync.copy.CopySourceAbility;
import dev.godwit.sync.copy.CopyTargetAbility;
import dev.godwit.sync.copy.SeriesTargetAbility;
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
        new SurveyAbility(),
        new AccountsAbility(),
        new CopySourceAbility(),
        new CopyTargetAbility(),
        new ChangesAbility(),
        new DigestAbility(),
        new SeriesTargetAbility(),
        new NameListAbility(),
        new MirrorSourceAbility(),
        new MirrorRestAbility(),
        new CircleAbility(),
        new ServiceAbility(serviceManager()),
        new CommandAbility(),
        new QueueAbility(),
        new AddressAbility(),
        new DatabaseAbility(),
        new GateAbility(),
        new LandingAbility(),
        new ConnectAbility(),
        new WatchAbility(),
        new StageAbility(),
        new StageTreesAbility(),
        new ControllerAbility(),
        new ForgetAbility());
  }

  /** What is served on the stage of a rehearsal. */
  public static List<Ability> onStage() {
    return List.of(
        new PingAbility(),
        new PathFactsAbility(),
        new ServiceAbility(ServiceManager.onStage(new Fences(Path.of("/")))));
  }

  /** This host's services; fences are remembered where a reboot leaves them. */
  static ServiceManager serviceManager() {
    return new ServiceManager(new Fences(Path.of("/")));
  }
}
