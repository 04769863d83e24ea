package dev.godwit.sync;

import java.util.List;

/**
 * What a comparison of two trees found.
 *
 * @param names how many names were compared, directories included
 * @param bytes the sizes of the files among them
 * @param differences how many names differ
 * @param first the first of them
 */
public record CompareResult(long names, long bytes, long differences, List<Difference> first) {
  /** How many differences are kept for showing. */
  public static final int SHOWN_MAX = 1000;

  public boolean isEqual() {
    return differences == 0;
  }
}
