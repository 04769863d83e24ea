package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.FileStatus;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class InodeNumbersTest {
  private static FileStatus status(long device, long inode, long birth) {
    return new FileStatus(0100644, 0, 0, 0, 0, 0, 0, 0, 0, 0, inode, device, 0, 2, 0, birth, 0);
  }

  /**
   * As a map of the library has it: few values, so that they come again and differ in one field.
   */
  @Test
  void each_inode_has_one_number() {
    for (long seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      Map<List<Long>, Integer> expected = new HashMap<>();
      InodeNumbers numbers = new InodeNumbers();
      for (int i = 0; i < 20_000; i++) {
        long device = random.nextLong(3) << 32;
        long inode = 1_000_000 + random.nextLong(3_000);
        long birth = random.nextLong(3) * 1_000_000_000;
        List<Long> key = List.of(device, inode, birth);
        Integer known = expected.get(key);
        FileStatus status = status(device, inode, birth);
        assertThat(numbers.find(status)).as("seed %d", seed).isEqualTo(known == null ? -1 : known);
        if (random.nextBoolean()) {
          int number = expected.computeIfAbsent(key, one -> expected.size());
          assertThat(numbers.number(status)).as("seed %d", seed).isEqualTo(number);
        }
        assertThat(numbers.size()).isEqualTo(expected.size());
      }
    }
  }
}
