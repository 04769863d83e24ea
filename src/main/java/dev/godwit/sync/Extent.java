package dev.godwit.sync;

/**
 * What was found in a tree.
 *
 * @param files names other than directories
 * @param bytes the sizes of the files among them
 * @param bytesDone of these, what has come to the target
 */
public record Extent(long files, long bytes, long bytesDone) {
  public static final Extent NONE = new Extent(0, 0, 0);

  /** Both together. */
  public Extent plus(Extent more) {
    return new Extent(files + more.files, bytes + more.bytes, bytesDone + more.bytesDone);
  }
}
