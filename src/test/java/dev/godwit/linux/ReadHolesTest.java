package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files whose file system is not believed about holes. */
class ReadHolesTest {
  private static final int BLOCK = ReadHoles.BLOCK_BYTES;
  private static final int ZFS = 0x2FC12FC1;
  private static final int EXT = 0xEF53;
  private static final int NFS = 0x6969;

  private @TempDir Path folder;

  private static boolean tellsHoles(long type) {
    return new FileSystemStatus(type, 4096, 0, 0, 0, 0).tellsHoles();
  }

  @Test
  void zfs_is_not_believed_nor_what_others_serve() {
    assertThat(tellsHoles(EXT)).isTrue();
    assertThat(tellsHoles(ZFS)).isFalse();
    assertThat(tellsHoles(NFS)).isFalse();
  }

  @Test
  void no_content_is_in_a_hole_and_no_block_of_zeros_in_content() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      byte[] content = new byte[random.nextInt(20 * BLOCK)];
      for (int at = 0; at < content.length; at += 1 + random.nextInt(4 * BLOCK)) {
        content[at] = 1;
      }
      Files.write(folder.resolve("file"), content);
      try (DirectoryHandle in = DirectoryHandle.open(Names.of(folder.toString()));
          FileHandle file = in.openForReading(Names.of("file"), false)) {
        check(file, content);
      }
    }
  }

  private static void check(FileHandle file, byte[] content) throws LinuxException {
    int position = 0;
    while (position < content.length) {
      int data = (int) ReadHoles.nextData(file, position);
      int end = data < 0 ? content.length : data;
      assertThat(Zeros.isZero(content, position, end - position)).as("to %s", end).isTrue();
      if (data < 0) {
        break;
      }
      int hole = (int) ReadHoles.nextHole(file, data);
      assertThat(hole).isGreaterThan(data);
      for (int at = data; at < hole; at += BLOCK - at % BLOCK) {
        int length = Math.min(BLOCK - at % BLOCK, content.length - at);
        assertThat(Zeros.isZero(content, at, length)).as("block at %s", at).isFalse();
      }
      position = hole;
    }
    assertThat(ReadHoles.nextData(file, content.length)).isEqualTo(-1);
    assertThat(ReadHoles.nextHole(file, content.length)).isEqualTo(-1);
  }

  @Test
  void content_without_an_end_is_told_in_parts() throws Exception {
    byte[] content = new byte[ReadHoles.AHEAD_BYTES + BLOCK];
    Arrays.fill(content, (byte) 1);
    Files.write(folder.resolve("file"), content);
    try (DirectoryHandle in = DirectoryHandle.open(Names.of(folder.toString()));
        FileHandle file = in.openForReading(Names.of("file"), false)) {
      assertThat(ReadHoles.nextHole(file, 0)).isEqualTo(ReadHoles.AHEAD_BYTES);
      assertThat(ReadHoles.nextData(file, ReadHoles.AHEAD_BYTES)).isEqualTo(ReadHoles.AHEAD_BYTES);
      assertThat(ReadHoles.nextHole(file, ReadHoles.AHEAD_BYTES)).isEqualTo(content.length);
    }
  }
}
