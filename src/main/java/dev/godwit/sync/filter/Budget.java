package dev.godwit.sync.filter;

/**
 * How much may be read and kept for one list of rules. Files can name each other many times over,
 * so that a few short ones could stand for more rules than there is memory (H42).
 */
final class Budget {
  /** For the options: what is read is what the user asked for. */
  static final Budget forOptions() {
    return new Budget(256 << 20, 10_000, Long.MAX_VALUE);
  }

  /** For one directory of a tree, whose owner may be anybody. */
  static final Budget forDirectory() {
    return new Budget(1 << 20, 100, MEMORY_MAX);
  }

  /** What the rules that are in effect from one per-directory file's name may take, in bytes. */
  static final long MEMORY_MAX = 16 << 20;

  private final int bytesMax;
  private final int filesMax;
  private final long memoryMax;
  private int bytes;
  private int files;
  private long memory;

  private Budget(int bytesMax, int filesMax, long memoryMax) {
    this.bytesMax = bytesMax;
    this.filesMax = filesMax;
    this.memoryMax = memoryMax;
  }

  /** How many bytes the next file may have. */
  int bytesLeft() {
    return bytesMax - bytes;
  }

  void spend(MergeFile file) throws FilterException {
    bytes = Math.addExact(bytes, file.content().length);
    files++;
    if (bytes > bytesMax || files > filesMax) {
      throw new FilterException(
          FilterException.FILE,
          "too many filter rules: with "
              + file.shown()
              + ", more than "
              + bytesMax
              + " bytes or "
              + filesMax
              + " files are merged at one place; take some out");
    }
  }

  /** Keeps a rule. */
  void spend(Rule rule) throws FilterException {
    memory += rule.memory();
    if (memory > memoryMax) {
      throw new FilterException(
          FilterException.SYNTAX,
          "too many filter rules in the files of one directory: they take more than "
              + memoryMax
              + " bytes; take some out");
    }
  }
}
