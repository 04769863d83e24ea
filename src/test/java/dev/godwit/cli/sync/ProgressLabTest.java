package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.host.TestingAgentFolder;
import dev.godwit.host.TestingPrivateFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is shown of a file that takes seconds; what stands for ssh runs the command here. */
@Tag("lab")
@Timeout(300)
final class ProgressLabTest {
  private static final String FAR =
      """
      #!/bin/sh
      while [ "$1" != far ]; do shift; done
      shift
      export GODWIT_AGENT_FOLDER=%s/agent
      exec sh -c "$*"
      """;

  /** What a line that is rewritten says between the beginning and the end. */
  private static final Pattern PART =
      Pattern.compile("\\r +([\\d,]+) +(\\d+)% +([\\d.]+)([kM])B/s");

  private static final int BYTES = 6_000_000;
  private static final int LIMIT = 2_000_000;

  @TempDir(factory = TestingPrivateFolder.class)
  Path folder;

  private Path far;

  @BeforeEach
  void prepare() throws Exception {
    far = TestingSyncProgram.executable(folder.resolve("far-shell"), FAR.formatted(folder));
    TestingAgentFolder.fill(folder.resolve("agent"));
    Files.createDirectory(folder.resolve("s"));
    Files.writeString(folder.resolve("s/before"), "small");
    Files.write(folder.resolve("s/large"), random(1));
    Files.writeString(folder.resolve("s/later"), "small");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"s/ t", "s/ far:F/t", "far:F/s/ t", "-i s/ far:F/t", "--no-W -I s/ far:F/u"})
  void the_name_of_a_file_comes_before_how_far_it_is(String words) throws Exception {
    Files.createDirectory(folder.resolve("u"));
    Files.write(folder.resolve("u/large"), random(2));
    String out = run("-aP", words);
    int name = out.indexOf("large\n");
    assertThat(name).as(out).isPositive().isEqualTo(out.lastIndexOf("large\n"));
    Matcher part = PART.matcher(out);
    assertThat(part.find(name)).as(out).isTrue();
    assertThat(part.end()).as(out).isLessThan(out.indexOf("later\n"));
    assertThat(Integer.parseInt(part.group(2))).as(out).isBetween(0, 99);
    double rate = Double.parseDouble(part.group(3)) * (part.group(4).equals("M") ? 1 << 20 : 1024);
    assertThat(rate).as(out).isLessThan(10.0 * LIMIT);
    assertThat(out.substring(0, name)).as(out).contains("before\n").doesNotContain("later");
    assertThat(out).as(out).contains("      6,000,000 100% ").endsWith(")\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"s/ t", "s/ far:F/t", "far:F/s/ t"})
  void a_single_file_counts_while_it_comes(String words) throws Exception {
    String out = run("-a --info=progress2", words);
    List<Integer> percents = new ArrayList<>();
    for (Matcher part = PART.matcher(out); part.find(); ) {
      percents.add(Integer.parseInt(part.group(2)));
    }
    assertThat(percents).as(out).isSorted().anyMatch(one -> one > 0 && one < 100);
    assertThat(percents.getLast()).as(out).isEqualTo(100);
  }

  private static byte[] random(int seed) {
    byte[] content = new byte[BYTES];
    new Random(seed).nextBytes(content);
    return content;
  }

  private String run(String options, String words) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(options.split(" ")));
    arguments.add("--bwlimit=" + LIMIT / 1000);
    arguments.addAll(List.of(words.replace("F/", folder + "/").split(" ")));
    Process process =
        new ProcessBuilder(TestingSyncProgram.command(far, arguments.toArray(String[]::new)))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
    return out;
  }
}
