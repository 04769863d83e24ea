package dev.godwit.sync.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random trees and random options: the same outcome as rsync's. See {@link Settings}. */
@Tag("lab")
@Tag("proof")
final class DifferentialTest {
  private static final Path REPORT = Path.of("target", "differential.txt");
  private static final int SHOWN_MAX = 3;

  @Test
  void random_trees_and_options_end_as_they_do_with_rsync() throws Exception {
    assumeThat(rsyncVersion())
        .as("rsync 3.5 is here, which godwit sync is compared with")
        .startsWith("rsync  version 3.5.");
    Campaign campaign = new Campaign(Settings.read(System.nanoTime() >>> 10));
    List<String> failures = campaign.run();
    System.out.println(campaign.summary());
    Files.writeString(REPORT, campaign.summary() + "\n\n" + String.join("\n", failures));
    assertThat(failures.stream().limit(SHOWN_MAX))
        .as(() -> campaign.summary() + "; all of them are in " + REPORT)
        .isEmpty();
  }

  private static String rsyncVersion() throws IOException {
    Process process = new ProcessBuilder("rsync", "--version").start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
