package dev.godwit.survey;

import dev.godwit.survey.Launchers.Launcher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the scripts of this host that have the verbs start, stop and status or state. */
final class LaunchersReader {
  private static final int WORDS_MAX = 500;

  /** What an administrator wrote comes first: it is there because the packaged one did not do. */
  private static final List<String> PLACES =
      List.of("/usr/local/sbin", "/usr/local/bin", "/usr/local/etc/init.d", "/etc/init.d");

  private static final Pattern WORD =
      Pattern.compile("/[A-Za-z0-9_./+-]+|[A-Za-z_][A-Za-z0-9_]*(?:\\.[A-Za-z_][A-Za-z0-9_]*){2,}");

  private LaunchersReader() {}

  static Launchers read() {
    ConfigurationFiles files = new ConfigurationFiles();
    List<Launcher> launchers = new ArrayList<>();
    for (String place : PLACES) {
      files.read(
          place,
          (path, isDirectory) -> !isDirectory && Files.isExecutable(Path.of(path)),
          (path, text) -> {
            Launcher launcher = launcher(path, text);
            if (launcher != null) {
              launchers.add(launcher);
            }
          });
    }
    // What sd_booted(3) asks.
    return new Launchers(Files.isDirectory(Path.of("/run/systemd/system")), launchers);
  }

  /** Null when it is no such script. */
  static @Nullable Launcher launcher(String path, String text) {
    String state = hasVerb(text, "state") ? "state" : hasVerb(text, "status") ? "status" : "";
    if (!text.startsWith("#!")
        || state.isEmpty()
        || !hasVerb(text, "start")
        || !hasVerb(text, "stop")) {
      return null;
    }
    Set<String> words = new LinkedHashSet<>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find() && words.size() < WORDS_MAX) {
      words.add(matcher.group());
    }
    return new Launcher(path, state, List.copyOf(words));
  }

  /** A branch of a shell's case, alone or beside others. */
  private static boolean hasVerb(String text, String verb) {
    return Pattern.compile(
            "(?m)^\\s*\\(?(?:[\"']?[a-z_|*-]+[\"']?\\|)*[\"']?" + verb + "[\"']?(?:\\|[^)]*)?\\)")
        .matcher(text)
        .find();
  }
}
