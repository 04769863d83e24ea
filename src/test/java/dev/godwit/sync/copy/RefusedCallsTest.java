package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a file system or the kernel refuses for one file is done in the other way there is. */
@Tag("lab")
@Timeout(300)
final class RefusedCallsTest {
  private static final byte[] LARGE = new byte[3_000_000];

  @TempDir private Path folder;

  /** What the kernel says of swap in use is ETXTBSY, of the next file it may be nothing. */
  @ParameterizedTest
  @ValueSource(strings = {"copy_file_range:error=ETXTBSY", "ioctl:error=ETXTBSY"})
  void swap_in_use_is_read_and_written(String injection) throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    for (int i = 0; i < 3; i++) {
      LARGE[i * 1_000_000] = (byte) (i + 1);
      Files.write(source.resolve("f" + i), LARGE);
    }
    Path target = folder.resolve("target");
    try (TestingCopyProcess process = start();
        TestingTracer tracer = new TestingTracer(process.pid(), folder, injection + ":when=1")) {
      TestingCopyProcess.Ending ending =
          process.copy(
              java.util.List.of("-aH", "--max-delete=1", "--delete", source + "/", "" + target));
      assertThat(tracer.end()).isNotEmpty();
      assertThat(ending.told()).isEmpty();
      assertThat(ending.exit()).isZero();
    }
    for (int i = 0; i < 3; i++) {
      String name = "f" + i;
      assertThat(Files.mismatch(source.resolve(name), target.resolve(name))).isEqualTo(-1);
    }
  }

  private TestingCopyProcess start() throws Exception {
    return TestingCopyProcess.start(
        TestingCopyProcess.Way.LOCAL, folder.resolve("first"), "-aH", "--delete");
  }

  /** ext4 gives a file 65,000 links, btrfs fewer of one directory. */
  @ParameterizedTest
  @ValueSource(strings = {"EMLINK", "EPERM", "EOPNOTSUPP"})
  void what_cannot_be_linked_to_the_basis_is_copied_from_it(String error) throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    for (String name : new String[] {"a", "b"}) {
      Files.writeString(source.resolve(name), name);
    }
    Path basis = folder.resolve("basis");
    TestingTrees.run(folder, "cp", "-a", source.toString(), basis.toString());
    Path target = folder.resolve("target");
    try (TestingCopyProcess process = start();
        TestingTracer tracer =
            new TestingTracer(process.pid(), folder, "linkat:error=" + error + ":when=1")) {
      TestingCopyProcess.Ending ending =
          process.copy(
              java.util.List.of(
                  "-a", "--link-dest=" + basis, "--max-delete=1", source + "/", "" + target));
      assertThat(tracer.end()).hasSize(1);
      assertThat(ending.told()).isEmpty();
      assertThat(ending.exit()).isZero();
    }
    assertThat(target.resolve("a")).hasContent("a");
    assertThat(target.resolve("b")).hasContent("b");
    assertThat(Files.getAttribute(basis.resolve("a"), "unix:nlink"))
        .isNotEqualTo(Files.getAttribute(basis.resolve("b"), "unix:nlink"));
  }

  @Test
  void a_disk_that_is_full_is_told_and_not_tried_by_a_copy() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Files.writeString(source.resolve("a"), "a");
    Path basis = folder.resolve("basis");
    TestingTrees.run(folder, "cp", "-a", source.toString(), basis.toString());
    try (TestingCopyProcess process = start();
        TestingTracer tracer =
            new TestingTracer(process.pid(), folder, "linkat:error=ENOSPC:when=1")) {
      TestingCopyProcess.Ending ending =
          process.copy(
              java.util.List.of(
                  "-a", "--link-dest=" + basis, source + "/", folder.resolve("target") + ""));
      assertThat(tracer.end()).hasSize(1);
      assertThat(ending.exit()).isEqualTo(23);
      assertThat(ending.told()).contains("No space left on device");
    }
  }
}
