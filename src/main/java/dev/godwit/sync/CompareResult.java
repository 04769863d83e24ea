package dev.godwit.sync;

import java.util.List;

/**
 * What a comparison of two trees found.
 *
 * @param names how many names were compared, directories included
 * @param files how many of them are regular files on both sides
 * @param bytes the sizes of these
 * @param digest SHA-256 of all that was compared, in hexadecimal digits, the same for equal trees
 *     whenever they are compared; empty when they differ
 * @param differences how many names differ
 * @param first the first of them
 */
public record CompareResult(
    long names, long files, long bytes, String digest, long differences, List<Difference> first) {
  /** How many differences are kept. */
  public static final int KEPT_MAX = 10_000;

  public CompareResult {
    first = List.copyOf(first);
  }

  public boolean isEqual() {
    return differences == 0;
  }
}
