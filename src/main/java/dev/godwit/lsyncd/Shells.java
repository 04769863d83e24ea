package dev.godwit.lsyncd;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Programs that read arguments as commands: a name given to one of them could be one (H76). */
final class Shells {
  private static final Set<String> SHELLS =
      Set.of(
          "ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "rsh", "sh", "ssh", "su", "tcsh",
          "zsh");

  /** Programs that start the one that is named after them. */
  private static final Set<String> STARTERS =
      Set.of(
          "busybox",
          "chroot",
          "doas",
          "env",
          "flock",
          "ionice",
          "nice",
          "nohup",
          "parallel",
          "runuser",
          "setsid",
          "stdbuf",
          "sudo",
          "systemd-run",
          "taskset",
          "time",
          "timeout",
          "xargs");

  private Shells() {}

  /** Why an argument list is not run, for people; null when it may be. */
  static @Nullable String in(List<String> arguments) {
    for (String argument : arguments) {
      String program = argument.substring(argument.lastIndexOf('/') + 1);
      if (SHELLS.contains(program)) {
        return program + " would read names as commands";
      }
      if (!STARTERS.contains(last(arguments.getFirst()))) {
        return null;
      }
    }
    return null;
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
