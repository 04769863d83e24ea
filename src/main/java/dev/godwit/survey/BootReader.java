package dev.godwit.survey;

import dev.godwit.host.Systemctl;
import dev.godwit.survey.Known.AddressLine;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Answers what a boot of this host would bring. */
final class BootReader {
  /**
   * Where addresses of interfaces are given: ifupdown, netplan, NetworkManager, networkd, ifcfg.
   */
  static final List<String> NETWORK =
      List.of(
          "/etc/network",
          "/etc/netplan",
          "/etc/NetworkManager",
          "/etc/systemd/network",
          "/etc/sysconfig/network-scripts");

  /** Written by hand where the network's own configuration was not understood. */
  private static final List<String> SCRIPTS = List.of("/etc/rc.local", "/etc/rc.d/rc.local");

  /** Run levels 2 to 5 serve: Debian comes up in 2, Red Hat in 3 or 5 (init(8)). */
  private static final List<String> RUN_LEVELS =
      List.of("rc2.d", "rc3.d", "rc4.d", "rc5.d", "rc.d/rc3.d", "rc.d/rc4.d", "rc.d/rc5.d");

  /** A link that starts a script. */
  private static final Pattern START_LINK = Pattern.compile("S[0-9]{2}(.+)");

  /** The same behind a fence of {@link dev.godwit.service.Fences}, which gives it back. */
  private static final Pattern FENCED_LINK = Pattern.compile("godwit-fence\\.S[0-9]{2}(.+)");

  private static final String PROPERTIES = "Id,Names,UnitFileState,WantedBy,RequiredBy,TriggeredBy";

  private BootReader() {}

  static Boot read(Boot.Question question) throws InterruptedException {
    ConfigurationFiles files = new ConfigurationFiles();
    List<AddressLine> lines = new ArrayList<>();
    if (!question.addresses().isEmpty()) {
      Pattern pattern = KnownReader.pattern(question.addresses());
      List<String> places = new ArrayList<>(NETWORK);
      places.addAll(SCRIPTS);
      for (String place : places) {
        files.read(
            place,
            (path, isDirectory) -> true,
            (path, text) -> KnownReader.find(pattern, path, text, lines));
      }
    }
    String trouble = files.isWhole() ? "" : "not all of its network's configuration could be read";
    try {
      return new Boot(started(question.units()), lines, trouble);
    } catch (IOException e) {
      return new Boot(List.of(), lines, String.valueOf(e.getMessage()));
    }
  }

  private static List<String> started(List<String> units) throws IOException, InterruptedException {
    if (units.isEmpty()) {
      return List.of();
    }
    Path etc = Path.of("/etc");
    // Where systemd starts the scripts it knows nothing of one whose links a fence has hidden.
    boolean isSystemd = Systemctl.isThere();
    Set<String> scripts = isSystemd ? scripts(etc, FENCED_LINK) : scripts(etc);
    Set<String> started = Set.copyOf(isSystemd ? startedBySystemd(units) : List.of());
    return units.stream()
        .filter(
            unit ->
                started.contains(unit) || scripts.contains(unit.replaceFirst("\\.service$", "")))
        .toList();
  }

  private static List<String> startedBySystemd(List<String> units)
      throws IOException, InterruptedException {
    List<Map<String, String>> asked = Systemctl.show(new LinkedHashSet<>(units), PROPERTIES);
    Set<String> triggers = new LinkedHashSet<>();
    asked.forEach(unit -> triggers.addAll(UnitsReader.words(unit, "TriggeredBy")));
    return started(units, asked, Systemctl.show(triggers, PROPERTIES));
  }

  /** A unit that only a socket, a timer or a path starts counts when that is started. */
  static List<String> started(
      List<String> names, List<Map<String, String>> units, List<Map<String, String>> triggers) {
    Map<String, Map<String, String>> byName = new HashMap<>();
    triggers.forEach(
        unit -> UnitsReader.words(unit, "Names").forEach(name -> byName.put(name, unit)));
    units.forEach(unit -> UnitsReader.words(unit, "Names").forEach(name -> byName.put(name, unit)));
    return names.stream()
        .filter(
            name -> {
              Map<String, String> unit = byName.getOrDefault(name, Map.of());
              return isStarted(unit)
                  || UnitsReader.words(unit, "TriggeredBy").stream()
                      .anyMatch(trigger -> isStarted(byName.getOrDefault(trigger, Map.of())));
            })
        .toList();
  }

  /**
   * What {@code systemctl enable} has set up; and what a generator has, or a package by a link of
   * its own, which has no such state: a target wants it.
   */
  private static boolean isStarted(Map<String, String> unit) {
    return unit.getOrDefault("UnitFileState", "").equals("enabled")
        || UnitsReader.words(unit, "WantedBy", "RequiredBy").stream()
            .anyMatch(name -> name.endsWith(".target"));
  }

  /** The init scripts that a run level starts, or would without a fence of ours. */
  static Set<String> scripts(Path etc) throws IOException {
    Set<String> scripts = scripts(etc, START_LINK);
    scripts.addAll(scripts(etc, FENCED_LINK));
    return scripts;
  }

  /** The init scripts of which a run level has such a link. */
  private static Set<String> scripts(Path etc, Pattern kind) throws IOException {
    Set<String> scripts = new LinkedHashSet<>();
    for (String level : RUN_LEVELS) {
      Path folder = etc.resolve(level);
      if (!Files.isDirectory(folder)) {
        continue;
      }
      try (DirectoryStream<Path> links = Files.newDirectoryStream(folder)) {
        for (Path link : links) {
          Matcher name = kind.matcher(link.getFileName().toString());
          if (name.matches()) {
            scripts.add(name.group(1));
          }
        }
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
    }
    return scripts;
  }
}
