package dev.godwit.service;

import dev.godwit.host.Systemctl;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Asks this host's systemd for units, by {@code systemctl show} and {@code cat}; changes nothing.
 */
final class UnitReader {
  private static final int PARTS_MAX = 64;

  private static final String PROPERTIES =
      String.join(
          ",",
          "Id,LoadState,LoadError,Type,After,Requires,BindsTo,Wants,ConsistsOf,TriggeredBy",
          "InactiveExitTimestampMonotonic,ActiveEnterTimestampMonotonic",
          "ActiveExitTimestampMonotonic,InactiveEnterTimestampMonotonic",
          "ExecStartPre,ExecStart,ExecStartPost,ExecStop,ExecStopPost,PermissionsStartOnly",
          "User,Group,SupplementaryGroups,DynamicUser,AmbientCapabilities,UMask",
          "WorkingDirectory,EnvironmentFiles,LimitNOFILE,LimitNOFILESoft",
          "LimitMEMLOCK,LimitMEMLOCKSoft,RuntimeDirectory,RuntimeDirectoryMode",
          "StateDirectory,StateDirectoryMode,CacheDirectory,CacheDirectoryMode",
          "LogsDirectory,LogsDirectoryMode,PIDFile,GuessMainPID",
          "KillMode,KillSignal,TimeoutStopUSec,Delegate");

  private UnitReader() {}

  static KnownUnit read(String name) throws InterruptedException {
    try {
      UnitText own = text(name);
      List<UnitText> before = new ArrayList<>();
      List<UnitText> after = new ArrayList<>();
      for (String part : parts(own)) {
        (own.words("After").contains(part) ? before : after).add(text(part));
      }
      before.add(own);
      before.addAll(after);
      List<String> listening = new ArrayList<>();
      for (UnitText text : before) {
        listening.addAll(listening(text));
      }
      return new KnownUnit(name, before, listening, "");
    } catch (IOException e) {
      return new KnownUnit(name, List.of(), List.of(), String.valueOf(e.getMessage()));
    }
  }

  /** How long systemd took at boot to read its units; zero when it does not say. */
  static Duration reading() throws InterruptedException {
    try {
      String shown =
          Systemctl.ask(
              List.of(
                  "show",
                  "--property=GeneratorsStartTimestampMonotonic,GeneratorsFinishTimestampMonotonic",
                  "--property=UnitsLoadStartTimestampMonotonic,UnitsLoadFinishTimestampMonotonic"));
      UnitText manager = new UnitText("", shown, "");
      return manager
          .between("GeneratorsStartTimestampMonotonic", "GeneratorsFinishTimestampMonotonic")
          .orElse(Duration.ZERO)
          .plus(
              manager
                  .between("UnitsLoadStartTimestampMonotonic", "UnitsLoadFinishTimestampMonotonic")
                  .orElse(Duration.ZERO));
    } catch (IOException e) {
      return Duration.ZERO;
    }
  }

  /**
   * What is started with it and stopped with it: the instances behind a unit that does nothing
   * itself, such as postfix@-.service (systemd.unit(5), "PartOf").
   */
  private static List<String> parts(UnitText own) {
    Set<String> parts = new LinkedHashSet<>(own.words("Requires"));
    parts.addAll(own.words("BindsTo"));
    parts.addAll(own.words("Wants"));
    parts.retainAll(own.words("ConsistsOf"));
    return parts.stream()
        .filter(part -> part.endsWith(".service"))
        .sorted()
        .limit(PARTS_MAX)
        .toList();
  }

  /** A socket that is there and never used does not count. */
  private static List<String> listening(UnitText text) throws IOException, InterruptedException {
    List<String> sockets = new ArrayList<>();
    for (String trigger : text.words("TriggeredBy")) {
      if (trigger.endsWith(".socket")) {
        String state =
            Systemctl.ask(List.of("show", "--property=ActiveState,UnitFileState", "--", trigger));
        if (state.contains("ActiveState=active") || state.contains("UnitFileState=enabled")) {
          sockets.add(trigger);
        }
      }
    }
    return sockets;
  }

  private static UnitText text(String name) throws IOException, InterruptedException {
    String shown = Systemctl.ask(List.of("show", "--property=" + PROPERTIES, "--", name));
    // Without files it says so by failing; the properties tell why.
    return new UnitText(name, shown, Systemctl.askIfAny(List.of("cat", "--", name)));
  }
}
