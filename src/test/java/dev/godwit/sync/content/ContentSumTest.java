package dev.godwit.sync.content;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingMemoryFolder;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(TestingPatience.TEST_SECONDS)
class ContentSumTest {
  private static final int BLOCK = ContentSum.BLOCK_BYTES;

  @TempDir(factory = TestingMemoryFolder.class)
  private Path folder;

  private final ContentSum sums = new ContentSum();

  private byte[] sum(String name) throws Exception {
    try (DirectoryHandle in = DirectoryHandle.open(Names.of(folder.toString()));
        FileHandle file = in.openForReading(Names.of(name), false)) {
      return sums.of(file);
    }
  }

  private byte[] sum(byte[] content) throws Exception {
    Files.write(folder.resolve("dense"), content);
    return sum("dense");
  }

  /** The same content, with a hole wherever it has zeros for some pages. */
  private byte[] sumWithHoles(byte[] content) throws Exception {
    Files.deleteIfExists(folder.resolve("sparse"));
    try (RandomAccessFile file = file("sparse")) {
      file.setLength(content.length);
      for (int at = 0; at < content.length; at += 4096) {
        byte[] page = Arrays.copyOfRange(content, at, Math.min(content.length, at + 4096));
        if (!Arrays.equals(page, new byte[page.length])) {
          file.seek(at);
          file.write(page);
        }
      }
    }
    return sum("sparse");
  }

  private RandomAccessFile file(String name) throws IOException {
    return new RandomAccessFile(folder.resolve(name).toFile(), "rw");
  }

  private static byte[] mixed(Random random) {
    byte[] content = new byte[random.nextInt(12 * BLOCK)];
    int at = 0;
    while (at < content.length) {
      int length = random.nextBoolean() ? random.nextInt(3 * BLOCK) : BLOCK - at % BLOCK;
      int end = Math.min(content.length, at + length);
      if (random.nextBoolean()) {
        for (int i = at; i < end; i++) {
          content[i] = (byte) (1 + random.nextInt(100));
        }
      }
      at = end;
    }
    return content;
  }

  @Test
  void h48_zeros_are_the_same_as_holes_and_nothing_else_is_the_same() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      byte[] content = mixed(random);
      byte[] sum = sum(content);
      assertThat(sumWithHoles(content)).isEqualTo(sum);
      assertThat(sum(Arrays.copyOf(content, content.length + 1))).isNotEqualTo(sum);
      if (content.length > 0) {
        int at = random.nextInt(content.length);
        content[at]++;
        assertThat(sum(content)).as("one byte at %s", at).isNotEqualTo(sum);
        assertThat(sumWithHoles(content)).as("one byte at %s", at).isNotEqualTo(sum);
      }
    }
  }

  /** What is told of zeros keeps blocks apart that are the same, and in the same order. */
  @Test
  void h48_content_that_moved_over_zeros_is_another() throws Exception {
    byte[] one = new byte[5 * BLOCK];
    byte[] other = new byte[5 * BLOCK];
    Arrays.fill(one, BLOCK, 2 * BLOCK, (byte) 'x');
    Arrays.fill(other, 2 * BLOCK, 3 * BLOCK, (byte) 'x');
    assertThat(sum(one)).isNotEqualTo(sum(other));
    assertThat(sum(new byte[BLOCK])).isNotEqualTo(sum(new byte[2 * BLOCK]));
    assertThat(sum(new byte[0])).isNotEqualTo(sum(new byte[1]));
  }

  /** Who reads a terabyte of zeros is not done within the time of a test. */
  @Test
  void a_hole_is_not_read() throws Exception {
    long size = 1L << 40;
    try (RandomAccessFile file = file("log")) {
      file.setLength(size);
      byte[] empty = sum("log");
      file.seek(size / 3);
      file.write('x');
      byte[] one = sum("log");
      assertThat(one).isNotEqualTo(empty);
      file.seek(size / 3);
      file.write(0);
      assertThat(sum("log")).isEqualTo(empty);
      file.seek(size - 1);
      file.write('x');
      assertThat(sum("log")).isNotEqualTo(empty).isNotEqualTo(one);
    }
  }
}
