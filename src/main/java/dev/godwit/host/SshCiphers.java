package dev.godwit.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Puts AES-GCM first among the ciphers that the user's configuration allows, where this processor
 * has instructions for it. OpenSSH prefers ChaCha20, which has none anywhere: with it, a quarter of
 * the processor time of a copy is its arithmetic. Nothing is added to what the user allows, and who
 * prefers another cipher than OpenSSH's first keeps that.
 */
final class SshCiphers {
  /** What OpenSSH itself prefers since version 6.5 (sshd_config(5), Ciphers). */
  private static final String PREFERRED_BY_DEFAULT = "chacha20-poly1305@openssh.com";

  private static final List<String> QUICK =
      List.of("aes128-gcm@openssh.com", "aes256-gcm@openssh.com");

  private static final Duration LIMIT = Duration.ofSeconds(2);

  private SshCiphers() {}

  /**
   * Asks ssh what it would do (-G), and adds an option when that can be better.
   *
   * @param argv of ssh, with "--", the destination and the command at its end
   */
  static List<String> quick(List<String> argv) throws InterruptedException {
    if (!hasInstructions()) {
      return argv;
    }
    List<String> question = new ArrayList<>(argv.subList(0, argv.size() - 1));
    question.add(1, "-G");
    String order = null;
    try {
      Processes.Outcome said = Processes.run(question, LIMIT);
      if (said.isSuccess()) {
        order = order(said.out());
      }
    } catch (IOException e) {
      return argv; // there is no ssh, which is told when it is to be started
    }
    if (order == null) {
      return argv;
    }
    List<String> quick = new ArrayList<>(argv);
    quick.addAll(argv.size() - 3, List.of("-o", "Ciphers=" + order));
    return quick;
  }

  /**
   * The ciphers in a better order.
   *
   * @param configuration what {@code ssh -G} says
   * @return null when they stay as they are
   */
  static @Nullable String order(String configuration) {
    String key = "ciphers ";
    String line = configuration.lines().filter(one -> one.startsWith(key)).findFirst().orElse(key);
    List<String> allowed = List.of(line.substring(key.length()).strip().split(",", -1));
    List<String> order = new ArrayList<>(QUICK);
    order.retainAll(allowed);
    if (order.isEmpty() || !allowed.getFirst().equals(PREFERRED_BY_DEFAULT)) {
      return null;
    }
    allowed.stream().filter(one -> !order.contains(one)).forEach(order::add);
    return String.join(",", order);
  }

  /** Whether cpuinfo has the flag; on x86_64 it is among the flags, on aarch64 the features. */
  private static boolean hasInstructions() {
    // The first processor's only: the kernel writes a page for each.
    try (Stream<String> lines =
        Files.lines(Path.of("/proc/cpuinfo"), StandardCharsets.ISO_8859_1)) {
      return lines
          .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
          .findFirst()
          .map(line -> List.of(line.split("\\s+", -1)).contains("aes"))
          .orElse(false);
    } catch (IOException e) {
      return false;
    }
  }
}
