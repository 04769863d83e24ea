package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Something of another type stands at the target: what goes, what is kept and what stays is as with
 * rsync, on equal trees.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class InTheWayTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-a",
        "-a --force",
        "-a --force --exclude=in",
        "-a --force --exclude=m/x.o/in",
        "-a --force --exclude=/m/x.o/deeper/in",
        "-a --force --exclude=x.o/deeper/",
        "-a --force --include=*.o --exclude=m/**",
        "-an --force --exclude=m/x.o/in",
        "-aF --force",
        "-aF --delete",
        "-a --delete --exclude=/m/x.o/deeper/in",
        "-ab --force --exclude=m/x.o/in",
        "-ab --force --backup-dir=kept --exclude=m/x.o/in",
        "-ab --force --backup-dir=kept",
        "-aR --delete-missing-args --exclude=m/gone/in",
        "-aR --delete-missing-args --force --exclude=m/gone/in",
        "-aR --delete-missing-args --force",
        "-ab --inplace",
        "-ab --inplace --backup-dir=kept",
        "-ab --inplace --suffix=.before --force",
        "-ab --append",
        "-ab --delay-updates --force",
      })
  void what_stands_in_the_way_is_treated_as_by_rsync(String words) throws Exception {
    String rsync = copied(words, false);
    assertThat(copied(words, true)).isEqualTo(rsync);
  }

  private String copied(String words, boolean isGodwit) throws Exception {
    Path here = Files.createDirectory(folder.resolve(isGodwit ? "godwit" : "rsync"));
    Path source = here.resolve("source");
    Path target = here.resolve("target");
    write(source, "m/x.o");
    write(source, "link");
    write(source, "fifo");
    write(source, "m/deep/file");
    for (String path :
        List.of("m/x.o/in", "m/x.o/deeper/in", "m/x.o/deeper/other", "m/gone/in", "m/gone/out")) {
      write(target, path);
    }
    Files.writeString(target.resolve("m/.rsync-filter"), "- x.o/in\n");
    Files.createSymbolicLink(target.resolve("link"), Path.of("nowhere"));
    Files.createSymbolicLink(target.resolve("m/deep"), Path.of("/nowhere"));
    TestingTrees.run(target, "mkfifo", "fifo");
    List<String> arguments = new ArrayList<>(Arrays.asList(words.split(" ")));
    if (words.contains("missing")) {
      arguments.add(source + "/./m/gone");
    }
    arguments.add(words.contains("R") ? source + "/./m" : source + "/");
    arguments.add(target + "/");
    TestingRun run = isGodwit ? TestingRun.godwit(arguments) : TestingRun.rsync(arguments);
    assertThat(run.exit()).as(run.err()).isIn(0, 23);
    return run.exit() + "\n" + String.join("\n", TestingTrees.listing(target).keySet());
  }

  private static void write(Path root, String path) throws Exception {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, path);
  }
}
