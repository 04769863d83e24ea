package dev.godwit.sync.copy;

import dev.godwit.host.Host;
import dev.godwit.linux.Names;
import dev.godwit.sync.rules.InfoFlag;

/**
 * What a copy tells while it works. Called by one thread at a time, in the order of the tree: a
 * directory, then its names sorted, then each of its directories in the same way. Implementations
 * do not wait for the copy.
 */
public interface CopyListener {
  /** Told of everything by no one. */
  CopyListener NONE = new CopyListener() {};

  /** The host of a failure that happened on this one. */
  String HERE = "";

  /** A name is done; only with {@code Rules.wantsItems}, and in copies of a series that tell. */
  default void item(Item item) {}

  /**
   * The content of the file that is told next is under way, and takes long: what {@link #item} will
   * say of it, as far as it is known. Once for a file; of many files never. Only with {@code
   * Rules.wantsItems}.
   */
  default void begins(Item item) {}

  /**
   * Something that is no error and that a person wants to read, such as {@code skipping non-regular
   * file "x"}.
   *
   * @param level how many {@code -v} it takes, from 0
   */
  default void note(int level, String text) {}

  /**
   * The same, of a kind that {@code --info} turns on and off by its name.
   *
   * @param level of that kind, from 1
   */
  default void note(InfoFlag about, int level, String text) {
    note(about.verbosityOf(level), text);
  }

  /** Something could not be done; the rest goes on. */
  default void failure(Failure failure) {}

  /** Several times a second; with what has come of files that are not done. */
  default void progress(CopyStatistics soFar) {}

  /** The copy ends before it is done, by an exception: what it has done until then. */
  default void broken(CopyStatistics soFar) {}

  /**
   * How many of the source's names were compared by now; with {@link #progress}.
   *
   * @param areAllKnown whether the source was read to its end, so that the number of names in the
   *     figures is final
   */
  default void checked(long names, boolean areAllKnown) {}

  /**
   * A file's content is under way, and has come so far; now and then for one that takes long. Where
   * items are told, of the one that is told next.
   */
  default void fileProgress(byte[] path, long bytesDone, long bytesAll) {}

  /**
   * What could not be done with one name.
   *
   * @param status the exit status that this leads to, at least
   * @param what as a person reads it: what was wanted, what is in the way, what to do
   * @param errno of the system call that failed; 0 when none did, or that is not known
   * @param isToldBySource whether it happened at the source, which has told the target, that tells
   *     it here
   * @param host where it happened, as {@link Host#name()}, or {@link #HERE}
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Failure(
      CopyStatus status, byte[] path, String what, int errno, boolean isToldBySource, String host) {
    public Failure(CopyStatus status, byte[] path, String what, int errno) {
      this(status, path, what, errno, false, HERE);
    }

    public Failure(CopyStatus status, byte[] path, String what) {
      this(status, path, what, 0);
    }

    Failure toldBySource() {
      return new Failure(status, path, what, errno, true, host);
    }

    Failure at(byte[] place) {
      return new Failure(status, place, what, errno, isToldBySource, host);
    }

    Failure on(Host where) {
      return where.isLocal()
          ? this
          : new Failure(status, path, what, errno, isToldBySource, where.name());
    }

    @Override
    public String toString() {
      return (host.isEmpty() ? "" : host + ": ") + Names.display(path) + ": " + what;
    }
  }
}
