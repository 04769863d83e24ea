package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.cli.sync.SyncCommand;
import dev.godwit.linux.Names;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file that is written to in place has nothing of its old content where the source has holes. */
final class InPlaceHolesTest {
  private static final int SIZE = 150_000;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"-a", "-aS"})
  void old_content_does_not_stay_in_holes(String options) throws Exception {
    Path source = folder.resolve("source");
    Path target = folder.resolve("target");
    sparse(source, 70_000);
    byte[] old = new byte[SIZE + 5000];
    Arrays.fill(old, (byte) '!');
    Files.write(target, old);
    assertThat(sync(options, "--inplace", source.toString(), target.toString())).isZero();
    assertThat(Files.mismatch(source, target)).isEqualTo(-1);
  }

  private static void sparse(Path path, int at) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(at);
      file.write("some content".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      file.setLength(SIZE);
    }
  }

  private static int sync(String... arguments) {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    List<byte[]> given = Arrays.stream(arguments).map(Names::of).toList();
    return SyncCommand.run(given, name -> null, output, output);
  }
}
