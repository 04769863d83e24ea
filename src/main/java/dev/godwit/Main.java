package dev.godwit;

import dev.godwit.agent.Abilities;
import dev.godwit.agent.Agent;
import dev.godwit.agent.StartedServices;
import dev.godwit.agent.WayBackServices;
import dev.godwit.cli.Godwit;
import dev.godwit.cli.Terminal;
import dev.godwit.cli.Version;
import dev.godwit.cli.mirror.LsyncdCommand;
import dev.godwit.cli.mirror.MirrorCommand;
import dev.godwit.cli.sync.SyncCommand;
import dev.godwit.forward.daemons.DaemonSupervisor;
import dev.godwit.forward.daemons.GateDaemon;
import dev.godwit.forward.daemons.LandingDaemon;
import dev.godwit.host.AgentFile;
import dev.godwit.move.AfterBoot;
import dev.godwit.move.Background;
import dev.godwit.stage.StageProcess;
import dev.godwit.wire.ConnectionSettings;
import java.nio.file.Path;
import java.util.List;

/**
 * The program's entry point. What is started often, or by Godwit itself on a host, is dispatched
 * here, before the command line's library is loaded: it costs more than they do.
 */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    String first = args.length == 0 ? "" : args[0];
    switch (first) {
      case "--version", "-V" -> System.out.println(Version.line());
      case "mirror" ->
          System.exit(
              Godwit.runsMirror(args)
                  ? MirrorCommand.main(Terminal.ofProcess(), args)
                  : Godwit.run(Terminal.ofProcess(), args));
      case "lsyncd" -> System.exit(LsyncdCommand.main(Terminal.ofProcess(), args));
      case "sync" -> System.exit(SyncCommand.main(args));
      // The processes that Godwit starts by itself, none of them in --help.
      case "agent" ->
          System.exit(Agent.main(List.of(args).subList(1, args.length), Abilities.all()));
      case "stage" -> {
        // Asked before the view of the files changes.
        ConnectionSettings settings = ConnectionSettings.of(AgentFile.running().sha256());
        System.exit(
            StageProcess.run((in, out) -> Agent.serve(in, out, Abilities.onStage(), settings)));
      }
      case "background" -> Background.run(Path.of(args[1]));
      case AfterBoot.COMMAND -> AfterBoot.run(Path.of(args[1]));
      case "gate-supervisor" ->
          System.exit(DaemonSupervisor.gate(List.of(args).subList(1, args.length)));
      case "landing-supervisor" ->
          System.exit(DaemonSupervisor.landing(List.of(args).subList(1, args.length)));
      case "gate-daemon" -> GateDaemon.run(Path.of(args[1]), WayBackServices::decode);
      case "landing-daemon" -> LandingDaemon.run(Path.of(args[1]), StartedServices::decode);
      default -> System.exit(Godwit.run(Terminal.ofProcess(), args));
    }
  }
}
