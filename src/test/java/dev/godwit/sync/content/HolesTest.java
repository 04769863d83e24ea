package dev.godwit.sync.content;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Zeros;
import dev.godwit.sync.content.HoleWriter.Holes;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HolesTest {
  private static final int BLOCK = Zeros.BLOCK_BYTES;

  private final Random random = seeded();

  private static Random seeded() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    return new Random(seed);
  }

  @Test
  void zeros_are_found_to_the_byte() {
    byte[] data = new byte[20_000];
    for (int i = 0; i < 2000; i++) {
      int offset = random.nextInt(5000);
      int length = random.nextInt(data.length - offset);
      assertThat(Zeros.isZero(data, offset, length)).isTrue();
      if (length > 0) {
        int at = offset + random.nextInt(length);
        data[at] = 1;
        assertThat(Zeros.isZero(data, offset, length)).isFalse();
        assertThat(Zeros.isZero(data, offset, at - offset)).isTrue();
        assertThat(Zeros.isZero(data, at + 1, offset + length - at - 1)).isTrue();
        data[at] = 0;
      }
    }
  }

  /** Content and zeros of any length, as letters: what rsync(1) --sparse leaves of them. */
  private byte[] mixed() {
    byte[] content = new byte[random.nextInt(40 * BLOCK)];
    int at = 0;
    while (at < content.length) {
      int length =
          switch (random.nextInt(4)) {
            case 0 -> random.nextInt(100);
            case 1 -> BLOCK * (1 + random.nextInt(4));
            case 2 -> BLOCK - at % BLOCK; // to the end of the block
            default -> random.nextInt(3 * BLOCK);
          };
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

  private static String expectedMap(byte[] content) {
    StringBuilder map = new StringBuilder();
    for (int at = 0; at < content.length; at += BLOCK) {
      map.append(Zeros.isZero(content, at, Math.min(BLOCK, content.length - at)) ? 'H' : 'D');
    }
    return map.toString();
  }

  private void write(HoleWriter writer, byte[] content) throws Exception {
    int at = 0;
    while (at < content.length) {
      int length = Math.min(content.length - at, 1 + random.nextInt(5 * BLOCK));
      if (random.nextInt(3) == 0) {
        int zeros = 0;
        while (zeros < length && content[at + zeros] == 0) {
          zeros++;
        }
        if (zeros > 0) {
          writer.zeros(zeros);
          at += zeros;
          continue;
        }
      }
      writer.write(content, at, length);
      at += length;
    }
    writer.finish();
  }

  @ParameterizedTest
  @EnumSource(Holes.class)
  void h9_content_comes_out_as_it_went_in_with_holes_where_blocks_are_zeros(Holes holes)
      throws Exception {
    for (int round = 0; round < 300; round++) {
      byte[] content = mixed();
      MemoryFile file;
      if (holes == Holes.PUNCHED) {
        byte[] old = new byte[random.nextInt(50 * BLOCK)];
        random.nextBytes(old);
        file = new MemoryFile(old);
      } else {
        file = new MemoryFile();
      }
      write(new HoleWriter(file, holes), content);
      assertThat(file.content()).isEqualTo(content);
      String map = file.map();
      if (holes == Holes.NONE) {
        assertThat(map).doesNotContain("H");
      } else if (holes == Holes.PASSED_OVER) {
        assertThat(map).isEqualTo(expectedMap(content));
      } else {
        // In place, the last block stays when it is not whole, and so does one that zeros only fill
        // together with the end of what was before.
        String expected = expectedMap(content);
        for (int i = 0; i + 1 < map.length(); i++) {
          assertThat(map.charAt(i)).as("block " + i).isEqualTo(expected.charAt(i));
        }
      }
    }
  }

  @Test
  void h9_where_no_hole_can_be_punched_zeros_are_written() throws Exception {
    byte[] old = new byte[10 * BLOCK];
    Arrays.fill(old, (byte) 7);
    MemoryFile file = new MemoryFile(old);
    file.punches = false;
    HoleWriter writer = new HoleWriter(file, Holes.PUNCHED);
    writer.zeros(10 * BLOCK);
    writer.finish();
    assertThat(file.content()).isEqualTo(new byte[10 * BLOCK]);
  }

  @Test
  void writing_goes_on_elsewhere() throws Exception {
    MemoryFile file = new MemoryFile(new byte[] {1, 1, 1, 1, 1, 1, 1, 1});
    HoleWriter writer = new HoleWriter(file, Holes.PUNCHED);
    writer.seek(6);
    writer.zeros(1);
    writer.seek(1);
    writer.write(new byte[] {0, 2}, 0, 2);
    writer.seek(8);
    writer.finish();
    assertThat(file.content()).containsExactly(1, 0, 2, 1, 1, 1, 0, 1);
  }

  @Test
  void a_plan_covers_the_file_in_order() throws Exception {
    for (int round = 0; round < 200; round++) {
      byte[] content = mixed();
      MemoryFile file = new MemoryFile();
      write(new HoleWriter(file, Holes.PASSED_OVER), content);
      ContentPlan plan = new ContentPlan(file, content.length);
      StringBuilder map = new StringBuilder();
      long end = 0;
      while (plan.next()) {
        assertThat(plan.position()).isEqualTo(end);
        assertThat(plan.length()).isPositive();
        end += plan.length();
        for (long at = plan.position(); at < end; at += BLOCK) {
          map.append(plan.isHole() ? 'H' : 'D');
        }
      }
      assertThat(end).isEqualTo(content.length);
      assertThat(map.toString()).isEqualTo(expectedMap(content));
    }
  }

  @Test
  void h13_a_plan_of_a_file_that_changes_ends_where_it_did() throws Exception {
    MemoryFile file = new MemoryFile(new byte[10 * BLOCK]);
    ContentPlan shorter = new ContentPlan(file, 20L * BLOCK);
    long covered = 0;
    while (shorter.next()) {
      covered += shorter.length();
    }
    assertThat(covered).isEqualTo(20L * BLOCK);
    ContentPlan longer = new ContentPlan(file, 3L * BLOCK);
    assertThat(longer.next()).isTrue();
    assertThat(longer.length()).isEqualTo(3L * BLOCK);
    assertThat(longer.next()).isFalse();
  }
}
