package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.FileSum;
import dev.godwit.linux.KernelRandom;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.SameFiles;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.OwnerException;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.WireException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What two hosts say of a directory's files in the place of their names, where most are the same on
 * both: their sum ({@link FileSum}). Where it is the target's as well, nothing else is said of
 * them; where not, the target asks for the whole listing, which takes the place of the one with the
 * sum.
 *
 * <p>The key is the target's, new for each run (H42), which may be a series of copies: in that,
 * directories that are compared once more are told so. A source that has looked before it was
 * connected ({@link EarlyLook}) proposes the one that it took: who could choose names so that a
 * change is missed is neither of both sides, and knows none.
 *
 * @param conditions what of a status counts
 */
record FileSums(SameFiles.Conditions conditions, Key key) {
  private static final int SUM_BYTES = 16;
  private static final int OWNERS_MAX = 64;
  private static final long U32_MAX = 0xffff_ffffL;

  /** After so many directories that were not the same, and fewer that were, no more are tried. */
  private static final int VAIN_MAX = 32;

  /** 128 random bits. */
  record Key(long low, long high) {
    private static final int BYTES = 16;

    static Key random() {
      return new Key(KernelRandom.bits(), KernelRandom.bits());
    }

    void write(CompactWriter out) {
      out.bytes(ByteBuffer.allocate(BYTES).putLong(low).putLong(high).array());
    }

    static Key read(CompactReader in) throws WireException {
      ByteBuffer key = ByteBuffer.wrap(in.bytes(BYTES));
      if (key.remaining() != BYTES) {
        throw CompactReader.malformed("a key of another length");
      }
      return new Key(key.getLong(), key.getLong());
    }
  }

  /** Whether there can be sums at all; both sides come to the same. */
  static boolean arePossible(Rules rules, Filters filters) {
    return conditions(rules, filters, false) != null;
  }

  private static SameFiles.@Nullable Conditions conditions(
      Rules rules, Filters filters, boolean isRoot) {
    SameFiles.Conditions same = Glance.conditions(rules, filters, isRoot);
    return same == null || same.timeWindowSeconds() > 0 ? null : same;
  }

  /**
   * What the target wants; null where there can be none.
   *
   * @param isRoot whether the target is root's
   */
  static @Nullable FileSums of(Rules rules, Filters filters, boolean isRoot, Key key) {
    SameFiles.Conditions same = conditions(rules, filters, isRoot);
    return same == null ? null : new FileSums(same, key);
  }

  FileSum.@Nullable Sum of(DirectoryHandle directory, FileSum.@Nullable Apart apart)
      throws LinuxException {
    return FileSum.of(directory, conditions, key.low, key.high, apart);
  }

  /** {@link Messages#SUMS}. */
  static byte[] message(@Nullable FileSums sums) {
    CompactWriter out = new CompactWriter(32).u8(Messages.SUMS);
    write(sums, out);
    return out.toBytes();
  }

  /** Writes them for {@link #read}. */
  static void write(@Nullable FileSums sums, CompactWriter out) {
    out.bool(sums != null);
    if (sums != null) {
      out.bool(sums.conditions.owner());
      sums.key.write(out);
    }
  }

  /** What follows the message's type; null when none are wanted. */
  static @Nullable FileSums read(CompactReader in, Rules rules, Filters filters)
      throws WireException {
    FileSums sums = null;
    if (in.bool()) {
      SameFiles.Conditions same = conditions(rules, filters, in.bool());
      if (same == null) {
        throw CompactReader.malformed("sums are wanted where there are none");
      }
      sums = new FileSums(same, Key.read(in));
    }
    in.end();
    return sums;
  }

  /** Of the files of one directory, as the source tells it. */
  record Told(long files, long bytes, long low, long high, List<Attributes> owners) {
    static Told of(FileSum.Sum sum) {
      List<Attributes> owners = new ArrayList<>(sum.owners().size());
      for (long owner : sum.owners()) {
        owners.add(owner((int) (owner >>> 32), (int) owner));
      }
      return new Told(sum.files(), sum.bytes(), sum.low(), sum.high(), owners);
    }

    private static Attributes owner(int uid, int gid) {
      return Attributes.of(FileStatus.NONE.as(0100000, uid, gid, 0));
    }

    void write(CompactWriter out) {
      out.number(files).number(bytes);
      out.bytes(ByteBuffer.allocate(SUM_BYTES).putLong(low).putLong(high).array());
      out.number(owners.size());
      for (Attributes owner : owners) {
        out.number(owner.uid() & U32_MAX).number(owner.gid() & U32_MAX);
      }
    }

    static Told read(CompactReader in) throws WireException {
      long files = in.number(Long.MAX_VALUE);
      long bytes = in.number(Long.MAX_VALUE);
      ByteBuffer sum = ByteBuffer.wrap(in.bytes(SUM_BYTES));
      if (sum.remaining() != SUM_BYTES) {
        throw CompactReader.malformed("a sum of another length");
      }
      int count = in.number(OWNERS_MAX);
      List<Attributes> owners = new ArrayList<>(count);
      long low = sum.getLong();
      long high = sum.getLong();
      for (int i = 0; i < count; i++) {
        owners.add(owner((int) in.number(U32_MAX), (int) in.number(U32_MAX)));
      }
      return new Told(files, bytes, low, high, owners);
    }

    private boolean isOf(FileSum.Sum sum) {
      return files == sum.files() && bytes == sum.bytes() && low == sum.low() && high == sum.high();
    }
  }

  /** The target's comparisons of one copy. Any thread. */
  static final class Comparison {
    private final TreeUpdate update;
    private final FileSums sums;
    private final byte[] temporary = TemporaryNames.prefix();
    private final AtomicInteger same = new AtomicInteger();
    private final AtomicInteger vain = new AtomicInteger();

    Comparison(TreeUpdate update, FileSums sums) {
      this.update = update;
      this.sums = sums;
    }

    /**
     * What is left to do of a directory whose files add up to the same here; then its handle is
     * open in {@code directory}.
     *
     * @return null when the files are not the same, or nobody can say that they are
     */
    @Nullable Listing rest(TargetDirectory directory, Listing listing, Told told) {
      TargetDirectory parent = directory.parent;
      boolean deletes = update.rules.deletes();
      if (directory.isNew
          || directory.state != TargetDirectory.State.STANDS
          || parent != null && parent.state != TargetDirectory.State.STANDS
          || deletes && (update.report.hasSourceError() || !listing.isComplete())
          || !areOwnersTheSame(told)) {
        vain.incrementAndGet();
        return null;
      }
      DirectoryHandle handle = null;
      try {
        handle = update.open(directory.path);
        FileSum.Sum sum =
            update.folding.mayFold(handle)
                ? null // one file there may be two names here
                : sums.of(handle, doubted());
        if (sum != null && told.isOf(sum) && isRestKnown(sum, listing, deletes)) {
          directory.handle = handle;
          handle = null;
          same.incrementAndGet();
          update.tally.seen(told.files, told.bytes);
          return listing.rest();
        }
      } catch (LinuxException e) {
        // What is in the way is told by who looks at everything.
      } finally {
        if (handle != null) {
          handle.close();
        }
      }
      vain.incrementAndGet();
      return null;
    }

    /**
     * Those whose content is in doubt here are in no sum, so that the whole listing comes (H31).
     */
    private FileSum.@Nullable Apart doubted() {
      Custody custody = update.custody;
      return custody == null || custody.doubtSince() == KnownTarget.ALL
          ? null
          : new FileSum.Apart(temporary, custody.doubtSince(), null);
    }

    /** Whether most of what was compared was not the same; true once. */
    boolean areInVain() {
      return same.get() < VAIN_MAX && vain.get() >= VAIN_MAX && vain.getAndSet(-1 << 30) > 0;
    }

    /** Whether nothing here is another name of a killed run, or one that is to be removed. */
    private boolean isRestKnown(FileSum.Sum sum, Listing listing, boolean deletes) {
      for (byte[] name : sum.rest()) {
        boolean isTemporary =
            name.length >= temporary.length
                && java.util.Arrays.equals(
                    name, 0, temporary.length, temporary, 0, temporary.length);
        if (isTemporary || deletes && !listing.has(name)) {
          return false;
        }
      }
      return true;
    }

    /** Whether each owner has the same numbers here. */
    private boolean areOwnersTheSame(Told told) {
      try {
        for (Attributes owner : told.owners) {
          if (update.inodes.keeper().mapped(owner) != owner) {
            return false;
          }
        }
        return true;
      } catch (OwnerException e) {
        return false;
      }
    }
  }
}
