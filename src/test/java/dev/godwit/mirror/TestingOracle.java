package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What rsync would still do to make one tree equal to another: content, owners, modes, times,
 * access control lists, extended attributes, links, devices and surplus names.
 */
final class TestingOracle {
  private TestingOracle() {}

  /** One line for each name that differs; none when there is nothing to do. */
  static List<String> differences(Path source, Path target, String... more)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("rsync", "-nciaHAX", "--numeric-ids", "--delete"));
    command.add("--modify-window=-1"); // times to the nanosecond
    command.addAll(List.of(more));
    command.addAll(List.of(source + "/", target + "/"));
    return run(command.toArray(String[]::new)).lines().filter(line -> !line.isEmpty()).toList();
  }

  static void assertEqual(String as, Path source, Path target)
      throws IOException, InterruptedException {
    assertThat(differences(source, target)).as(as).isEmpty();
  }

  /** Runs a program to its end; returns what it said. */
  static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    assertThat(process.waitFor()).as("%s: %s", String.join(" ", command), said).isZero();
    return said;
  }
}
