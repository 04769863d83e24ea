package dev.godwit.move;

import dev.godwit.mirror.Mirror;
import dev.godwit.mirror.MirrorState;
import java.io.IOException;
import java.util.List;

/**
 * How much of the line the mirrors of a move take together ({@code limits.bwlimit}): what copies a
 * whole tree gets most of it. While clients may be waiting for what a mirror brings, there is no
 * limit. For many threads.
 */
final class LineShare {
  /** Of a mirror that copies a whole tree, beside one that only follows. */
  private static final int COPYING_WEIGHT = 16;

  private long bytesPerSecond;
  private int urgent;

  /** Waits that nothing may lengthen. */
  interface Wait<T> {
    T run() throws IOException, InterruptedException;
  }

  /**
   * The limit of all together.
   *
   * @param bytesPerSecond 0: none
   */
  synchronized void limit(long bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Does what is waited for without the limit. */
  <T> T unlimited(List<Mirror> mirrors, Wait<T> wait) throws IOException, InterruptedException {
    urgent(1);
    try {
      divide(mirrors);
      return wait.run();
    } finally {
      urgent(-1);
      divide(mirrors);
    }
  }

  private synchronized void urgent(int more) {
    urgent += more;
  }

  /** Gives each of them its part, by what it is doing now. */
  synchronized void divide(List<Mirror> mirrors) {
    List<Boolean> copying =
        mirrors.stream().map(each -> each.status().state() == MirrorState.COPYING).toList();
    List<Long> parts = parts(urgent > 0 ? 0 : bytesPerSecond, copying);
    for (int i = 0; i < mirrors.size(); i++) {
      mirrors.get(i).bandwidth(parts.get(i));
    }
  }

  /** The parts of a limit; their sum is never more than that. */
  static List<Long> parts(long bytesPerSecond, List<Boolean> copying) {
    List<Integer> weights = copying.stream().map(is -> is ? COPYING_WEIGHT : 1).toList();
    int sum = weights.stream().mapToInt(Integer::intValue).sum();
    return weights.stream()
        .map(weight -> bytesPerSecond == 0 ? 0 : Math.max(1, bytesPerSecond / sum * weight))
        .toList();
  }
}
