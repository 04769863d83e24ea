package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.cli.sync.SyncCommand;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingTrees;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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

  /** A hole of the target that is zeros at the source stays one: nothing was written there. */
  @ParameterizedTest
  @ValueSource(ints = {-300_000, 0, 300_001})
  void a_delta_within_a_host_writes_what_differs_and_nothing_else(int longer) throws Exception {
    byte[] content = new byte[4 << 20];
    content[1_000_003] = 1;
    content[3_000_001] = 2;
    Path source = Files.write(folder.resolve("source"), content);
    Path target = folder.resolve("target");
    try (RandomAccessFile file = new RandomAccessFile(target.toFile(), "rw")) {
      file.seek(2_000_000);
      file.write(3);
      file.setLength(content.length + longer);
    }
    Path second = Files.copy(target, folder.resolve("second"));
    String[] common = {"-aI", "--inplace", "--stats", source.toString(), target.toString()};
    String[] delta = Arrays.copyOf(common, common.length + 1);
    delta[common.length] = "--no-W";
    String said = told(delta);
    assertThat(Files.mismatch(source, target)).isEqualTo(-1);
    assertThat(blocks(target) * 512).isLessThan(400_000);
    assertThat(said)
        .containsPattern("Literal data: " + (longer < 0 ? "31[0-9],[0-9]{3}" : "12,288") + " bytes")
        .doesNotContain("Matched data: 0 bytes");

    common[common.length - 1] = second.toString();
    assertThat(told(common)).contains("Matched data: 0 bytes");
    assertThat(blocks(second) * 512).isGreaterThanOrEqualTo(content.length);
  }

  private static String told(String... arguments) {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    List<byte[]> given = Arrays.stream(arguments).map(Names::of).toList();
    assertThat(SyncCommand.run(given, name -> null, output, output)).isZero();
    return output.toString(java.nio.charset.StandardCharsets.US_ASCII);
  }

  private long blocks(Path path) throws Exception {
    try (DirectoryHandle in = DirectoryHandle.open(Names.of(folder.toString()))) {
      return Objects.requireNonNull(in.status(Names.of(path.getFileName().toString()))).blocks();
    }
  }

  /** The room for all of it is taken, of what comes with holes too, unless these are wanted. */
  @ParameterizedTest
  @EnumSource(names = {"LOCAL", "FAR_SOURCE", "FAR_TARGET"})
  void preallocated_files_have_blocks_for_all_their_bytes(TestingRun.Way way) throws Exception {
    int size = 3_000_000;
    Path source = TestingTrees.folder(folder, "with-hole");
    try (FileChannel file =
        FileChannel.open(
            source.resolve("f"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {1}), size - 1);
    }
    Files.createFile(source.resolve("empty"));
    for (String options : new String[] {"preallocate", "", "preallocate sparse", "sparse"}) {
      boolean isAsked = options.equals("preallocate"); // with holes asked for, too, as in rsync
      Path target = folder.resolve("with " + options);
      TestingRun run =
          TestingRun.of(
              way,
              target,
              source + "/",
              rules -> {
                rules.preallocate = options.contains("preallocate");
                rules.sparse = options.contains("sparse");
              });
      assertThat(run.failures).isEmpty();
      try (DirectoryHandle in = DirectoryHandle.open(Names.of(target.toString()))) {
        FileStatus status = Objects.requireNonNull(in.status(Names.of("f")));
        assertThat(status.size()).isEqualTo(size);
        assertThat(status.blocks() * 512 >= size)
            .as("%d blocks with %s", status.blocks(), options)
            .isEqualTo(isAsked);
      }
    }
  }
}
