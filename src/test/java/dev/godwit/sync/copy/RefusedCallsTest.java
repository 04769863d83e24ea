package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
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
}
