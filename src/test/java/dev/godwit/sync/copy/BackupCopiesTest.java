package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backups that cannot be the original itself: on another file system, or of a file in place. */
@Tag("lab")
@Timeout(300)
final class BackupCopiesTest {
  private static final String CONTENT = "precious".repeat(1000);

  @TempDir private Path folder;
  private Path source;
  private Path target;
  private Path kept;

  @BeforeEach
  void mount() throws Exception {
    source = TestingTrees.folder(folder, "source");
    target = TestingTrees.folder(folder, "target");
    kept = TestingTrees.folder(folder, "kept");
    TestingTrees.run(folder, "mount", "-t", "tmpfs", "none", kept.toString());
  }

  @AfterEach
  void unmount() throws Exception {
    new ProcessBuilder("umount", "-lq", kept.toString()).start().waitFor();
  }

  @ParameterizedTest
  @ValueSource(strings = {"-aAX --delete --backup-dir=KEPT", "-aAX --inplace --backup-dir=KEPT"})
  void a_copy_has_all_that_the_original_had(String options) throws Exception {
    boolean isInPlace = options.contains("--inplace");
    Files.writeString(target.resolve("f"), CONTENT);
    TestingTrees.run(
        target,
        "sh",
        "-c",
        "truncate -s 3000000 f && setfattr -n user.a -v 1 f && setfattr -n user.rsync.%stat -v x f"
            + " && setfacl -m u:7:rwx,g::- f && chown 5:6 f && touch -d 2020-01-02 f");
    if (isInPlace) {
      Files.writeString(source.resolve("f"), "other");
    } else {
      TestingTrees.run(target, "sh", "-c", "ln -s to l && chown -h 5:6 l && mkfifo -m 640 p");
    }
    String before = facts(target);
    String blocks = TestingTrees.run(target, "stat", "-c", "%b", "f");
    TestingCopyProcess.Ending ending;
    try (TestingCopyProcess process = start()) {
      ending = process.copy(arguments(options));
    }
    assertThat(ending.told()).isEmpty();
    assertThat(ending.exit()).isZero();
    assertThat(facts(kept)).isEqualTo(before);
    assertThat(Integer.parseInt(TestingTrees.run(kept, "stat", "-c", "%b", "f").strip()))
        .isLessThanOrEqualTo(Integer.parseInt(blocks.strip()));
    assertThat(target.resolve("l")).doesNotExist();
  }

  private static String facts(Path tree) throws Exception {
    return TestingTrees.listing(tree).entrySet().stream()
            .filter(entry -> !entry.getKey().isEmpty())
            .toList()
        + TestingTrees.run(tree, "sh", "-c", "getfattr -h -m - -d f; getfacl -n f");
  }

  private TestingCopyProcess start() throws Exception {
    return TestingCopyProcess.start(
        TestingCopyProcess.Way.LOCAL, folder.resolve("first"), "-a", "--delete");
  }

  private List<String> arguments(String options) {
    List<String> all =
        new ArrayList<>(List.of(options.replace("KEPT", kept.toString()).split(" ")));
    all.add("-b");
    all.add("--suffix=");
    all.add(source + "/");
    all.add(target.toString());
    return all;
  }

  @Test
  void h8_an_original_stays_when_its_backup_is_cut_off() throws Exception {
    int told = 0;
    List<String> injected = List.of("pread64:retval=0", "close:error=ENOSPC", "write:error=ENOSPC");
    try (TestingCopyProcess process = start()) {
      remove(process, null); // once, so that its classes are there
      for (String one : injected) {
        for (int place = 1; place <= 3; place++) {
          String what = one + ":when=" + place;
          TestingCopyProcess.Ending ending = remove(process, what);
          Path original = target.resolve("f");
          Path backup = kept.resolve("f");
          assertThat(Files.exists(original) ? original : backup).as(what).hasContent(CONTENT);
          if (Files.exists(backup)) {
            assertThat(backup).as(what).hasContent(CONTENT);
          }
          if (one.startsWith("close") && ending.exit() != 0) {
            assertThat(ending.told()).contains("f", "No space left on device");
            assertThat(original).exists();
            told++;
          }
        }
      }
    }
    assertThat(told).as("what close(2) says of the backup is heard").isPositive();
  }

  /** A copy that removes the only file, whose backup is made on another file system. */
  private TestingCopyProcess.Ending remove(
      TestingCopyProcess process, @org.jspecify.annotations.Nullable String injection)
      throws Exception {
    TestingTrees.run(kept, "sh", "-c", "rm -rf * .g*");
    Files.writeString(target.resolve("f"), CONTENT);
    List<String> arguments = arguments("-a --delete --max-delete=1000 --backup-dir=KEPT");
    if (injection == null) {
      return process.copy(arguments);
    }
    try (TestingTracer tracer = new TestingTracer(process.pid(), folder, injection)) {
      TestingCopyProcess.Ending ending = process.copy(arguments);
      var unused = tracer.end();
      return ending;
    }
  }
}
