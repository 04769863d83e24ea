package dev.godwit.sync.copy;

/**
 * The messages between the two sides of a series of copies; the first byte of each is its type.
 * Numbers are those of copies, counted from 0, u32. Several copies may be under way at once; their
 * messages are those of {@link Messages}, each in a frame of its own.
 */
final class SeriesFrames {
  /**
   * number, bool: a copy begins; whether the target tells by {@link #CHANGED} what it did. From the
   * source.
   */
  static final int COPY_BEGIN = 12;

  // both ways
  /** number, then a message of that copy. */
  static final int COPY = 1;

  /** number: nothing more comes of that copy from this side. */
  static final int COPY_END = 2;

  // source -> target
  /** path: nothing at, below or above it is removed from now on (H25). */
  static final int KEEP = 3;

  /** sync number: everything that is done shall be on disk. */
  static final int SYNC = 4;

  /** No more copies come. */
  static final int FINISH = 5;

  // target -> source
  /** a problem, with a path below the root. */
  static final int PROBLEM = 6;

  /** number, tree bool, path: a name that has to be looked at once more. */
  static final int AGAIN = 7;

  /**
   * a problem, and a bool: nothing is done any more (H27); whether it is to be tried again by
   * itself.
   */
  static final int HALT = 8;

  /** sync number, nanoseconds since 1970: all from before then is on disk; 0 when it is not. */
  static final int SYNCED = 9;

  /** number, figures: how far a copy is. */
  static final int FIGURES = 10;

  /** Everything is done and the target is at rest. */
  static final int FINISHED = 11;

  /** text: something that the target's file system cannot have, told once. */
  static final int LIMIT = 13;

  /** number, a {@link TargetRename}: a directory is to follow the source's. From the source. */
  static final int RENAME = 14;

  /** number, outcome: the answer. From the target. */
  static final int RENAMED = 15;

  /** Everything was compared: what comes from now on happened just now. From the source. */
  static final int FOLLOWS = 16;

  /**
   * path: the directory there is not removed or renamed from now on, while what is in it may be
   * (H25). From the source.
   */
  static final int HOLD = 17;

  /** number, kind, bits of {@link Change}, path: what was done at a name. From the target. */
  static final int CHANGED = 18;

  /**
   * bool: whether anything stands at the target that can be the same; then as {@link
   * Messages#SUMS}: which sums of files may be in listings. From the target, once at most, before
   * all others; without it there are none.
   */
  static final int SUMS = 19;

  /**
   * text, nanoseconds since 1970: which directory the target is (H30), and its clock. From the
   * target, before all others.
   */
  static final int ROOT = 20;

  /**
   * u64, how many names more are removed: what the next session is to be told (H27). From the
   * target; for the controller, which passes it on to nobody.
   */
  static final int REMOVED = 21;

  /**
   * list of u64, sums of names that came where nothing stood: what the next session is to be told
   * (H27), as {@link CameLately} has them. As {@link #REMOVED}.
   */
  static final int CAME = 22;

  /** On the target, where something could not be written, is room again (H24). From the target. */
  static final int ROOM = 23;

  /** How many of the limits are kept. */
  static final int LIMITS_MAX = 20;

  static final int LIMIT_BYTES_MAX = 64 * 1024;

  /** From here on messages are between the controller and the source (sync.Protocol). */
  static final int CONTROLLER_ONLY = 0x80;

  /** Copies that may be under way at once. */
  static final int COPIES_MAX = 4;

  static final int HEAD_BYTES = 5;
  static final int PATH_BYTES_MAX = 32 * 1024;

  private SeriesFrames() {}
}
