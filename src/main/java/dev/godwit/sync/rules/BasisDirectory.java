package dev.godwit.sync.rules;

/**
 * A second place on the target where files may already be.
 *
 * @param path absolute, or relative to the target
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record BasisDirectory(Use use, byte[] path) {
  /** What is done with a file that is the same there. */
  public enum Use {
    /** It is not copied. */
    COMPARE,
    /** It is copied from there. */
    COPY,
    /** It is linked. */
    LINK
  }
}
