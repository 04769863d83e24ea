package dev.godwit.service;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A limit of a unit's resources (systemd.exec(5), "LimitNOFILE").
 *
 * @param option as prlimit(1) calls it
 * @param kernelName as /proc/PID/limits calls it
 * @param soft {@link #NONE} is no limit
 * @param hard the same
 */
record StagedLimit(String option, String kernelName, long soft, long hard) {
  static final long NONE = Long.MAX_VALUE;

  private static final int CAP_SYS_RESOURCE = 24;

  /** Those that are set, of a unit. */
  static List<StagedLimit> of(UnitText text) {
    return List.of(of(text, "nofile", "Max open files"), of(text, "memlock", "Max locked memory"))
        .stream()
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<StagedLimit> of(UnitText text, String option, String kernelName) {
    String property = "Limit" + option.toUpperCase(Locale.ROOT);
    Optional<Long> hard = number(text.value(property));
    Optional<Long> soft = number(text.value(property + "Soft"));
    return hard.map(most -> new StagedLimit(option, kernelName, soft.orElse(most), most));
  }

  private static Optional<Long> number(String shown) {
    return shown.equals("infinity") || shown.equals("unlimited")
        ? Optional.of(NONE)
        : shown.matches("[0-9]{1,18}") ? Optional.of(Long.parseLong(shown)) : Optional.empty();
  }

  /**
   * The argument of prlimit(1). As systemd does it, where this process may not raise the limit it
   * is the one that it has.
   */
  String argument() throws IOException {
    long most = mayRaise() ? NONE : number(own(kernelName)).orElse(NONE);
    return "--%s=%s:%s".formatted(option, shown(Math.min(soft, most)), shown(Math.min(hard, most)));
  }

  private static String shown(long limit) {
    return limit == NONE ? "unlimited" : Long.toString(limit);
  }

  /** The hard limit of this process: the second number behind its name. */
  private static String own(String kernelName) throws IOException {
    for (String line : lines("limits")) {
      if (line.startsWith(kernelName + " ")) {
        return line.substring(kernelName.length()).strip().split(" +")[1];
      }
    }
    return "";
  }

  private static boolean mayRaise() throws IOException {
    for (String line : lines("status")) {
      if (line.startsWith("CapEff:")) {
        long capabilities = Long.parseUnsignedLong(line.substring(7).strip(), 16);
        return (capabilities >> CAP_SYS_RESOURCE & 1) == 1;
      }
    }
    return false;
  }

  private static List<String> lines(String file) throws IOException {
    return Files.readAllLines(Path.of("/proc/self", file), StandardCharsets.ISO_8859_1);
  }
}
