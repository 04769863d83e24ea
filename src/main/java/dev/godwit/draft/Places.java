package dev.godwit.draft;

import dev.godwit.survey.Running.Proc;
import dev.godwit.survey.Settings;
import dev.godwit.survey.Settings.Kind;
import dev.godwit.survey.Settings.Mention;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Where the data of services may lie, with the reason; whether it is there is asked later. */
final class Places {
  /** The host's own, or made anew with each start; new has its own of it. */
  private static final List<String> NOT_DATA =
      List.of(
          "/proc",
          "/sys",
          "/dev",
          "/run",
          "/var/run",
          "/tmp",
          "/var/tmp",
          "/var/lock",
          "/usr",
          "/bin",
          "/sbin",
          "/lib",
          "/lib64",
          "/boot",
          "/etc",
          "/var/log",
          "/var/cache",
          "/root");

  /** Too much to be one service's. */
  private static final Set<String> NOT_WHOLE =
      Set.of("/", "/var", "/var/lib", "/srv", "/opt", "/home", "/mnt", "/media", "/var/spool");

  /** After these, a path is code and not data. */
  private static final Set<String> CODE =
      Set.of("-cp", "-classpath", "--class-path", "-jar", "-p", "--module-path", "-c", "--config");

  /**
   * A path that may be data.
   *
   * @param isFile a file was named: its folder is meant
   */
  record Place(String path, String reason, boolean isFile) {}

  private Places() {}

  static List<Place> of(Serving serving, Settings settings) {
    Map<String, Place> places = new LinkedHashMap<>();
    for (Mention mention : settings.mentions()) {
      if (mention.is(Kind.DATA) && mention.server().equals(serving.server())) {
        add(
            places,
            mention.value(),
            "%s says %s".formatted(mention.place(), mention.word()),
            false);
      }
    }
    for (Proc process : serving.processes()) {
      for (int i = 1; i < process.arguments().size(); i++) {
        String argument = process.arguments().get(i);
        String value = argument.substring(argument.indexOf('=') + 1);
        boolean isCode = CODE.contains(process.arguments().get(i - 1));
        if (!isCode && value.startsWith("/") && !value.equals(process.program())) {
          add(places, value, "an argument of " + process.command(), false);
        }
      }
      for (String file : process.writes()) {
        if (!file.matches("(?s)/memfd:.*|.* \\(deleted\\)|.*\\.(pid|lock)")) {
          add(
              places,
              file.substring(0, Math.max(1, file.lastIndexOf('/'))),
              process.command() + " writes " + file,
              true);
        }
      }
    }
    return new ArrayList<>(places.values());
  }

  private static void add(Map<String, Place> places, String path, String reason, boolean isFile) {
    String clean = path.replaceAll("/+", "/").replaceAll("(.)/$", "$1");
    boolean isOdd = clean.contains("/../") || clean.endsWith("/..") || clean.contains("/./");
    if (!isOdd && !isOfTheHost(clean)) {
      places.putIfAbsent(clean, new Place(clean, reason, isFile));
    }
  }

  static boolean isOfTheHost(String path) {
    return NOT_WHOLE.contains(path)
        || NOT_DATA.stream().anyMatch(each -> path.equals(each) || path.startsWith(each + "/"));
  }

  static boolean isBelow(String path, String folder) {
    return path.startsWith(folder + "/");
  }
}
