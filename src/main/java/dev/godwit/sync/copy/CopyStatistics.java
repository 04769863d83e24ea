package dev.godwit.sync.copy;

/**
 * Figures of a copy: what {@code --stats} prints. Numbers of names count the whole transfer, "made"
 * those that did not stand on the target, "removed" those that went from it.
 *
 * @param sizeSum of all files and links, in bytes
 * @param sizeTransferred of the files that were transferred, in bytes
 * @param literal content that was sent, in bytes
 * @param matched content that the target had, in bytes
 * @param listBytes that the names took on the way
 * @param sent by this host, in bytes; within one host the content that was copied
 * @param received by this host, in bytes; 0 within one host
 */
public record CopyStatistics(
    Kinds seen,
    Kinds made,
    Kinds removed,
    long transferred,
    long sizeSum,
    long sizeTransferred,
    long literal,
    long matched,
    long listBytes,
    long sent,
    long received,
    long nanos) {
  /** How many of each kind. */
  public record Kinds(long files, long directories, long links, long devices, long specials) {
    public static final Kinds NONE = new Kinds(0, 0, 0, 0, 0);

    public long all() {
      return files + directories + links + devices + specials;
    }
  }

  public static final CopyStatistics NONE =
      new CopyStatistics(Kinds.NONE, Kinds.NONE, Kinds.NONE, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
