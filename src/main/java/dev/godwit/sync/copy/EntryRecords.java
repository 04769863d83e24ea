package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.LargeValues;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.Arrays;

/**
 * Entries of a listing on the wire, one after the other: what is as in the entry before takes a bit
 * only. One of these for each message; both sides go through the same states.
 *
 * <p>An entry is: flags u8; more flags u8 if {@link #MORE}; how many bytes of the name are those of
 * the name before u8, the rest of the name; then, unless the name is to be removed, mode, owner,
 * group, size, time of modification, and what the flags and the rules add.
 */
final class EntryRecords {
  private static final int SAME_MODE = 1;
  private static final int SAME_OWNER = 2;
  private static final int SAME_SECONDS = 4;
  private static final int NANOS = 8;
  private static final int ENTERED = 16;
  private static final int LINKED = 32;
  private static final int MORE = 64;

  private static final int FOLLOWED = 1;
  private static final int REMOVED = 2;
  private static final int IMPLIED = 4;

  /** What is kept has another mode than the inode (--chmod). */
  private static final int OTHER_MODE = 8;

  /** There are lists or extended attributes. */
  private static final int LISTS = 16;

  private static final int ABSOLUTE = 32;

  /** Only some names of the directory are listed. */
  private static final int PARTLY = 64;

  private static final int MODE_MAX = 0177777;
  private static final int NANOS_MAX = 999_999_999;
  private static final long U32_MAX = 0xffff_ffffL;

  private final Rules rules;
  private final MessageWriter lists = new MessageWriter();
  private byte[] name = Paths.NONE;
  private int mode;
  private int uid;
  private int gid;
  private long seconds;

  EntryRecords(Rules rules) {
    this.rules = rules;
  }

  /**
   * @param links the number of the entry's hard link group; 0 when it is in none
   */
  void write(CompactWriter out, SourceEntry entry, long links) {
    FileStatus status = entry.status();
    int flags =
        (status.mode() == mode ? SAME_MODE : 0)
            | (status.uid() == uid && status.gid() == gid ? SAME_OWNER : 0)
            | (status.mtimeSeconds() == seconds ? SAME_SECONDS : 0)
            | (status.mtimeNanos() != 0 ? NANOS : 0)
            | (entry.below() != null ? ENTERED : 0)
            | (links != 0 ? LINKED : 0);
    int more =
        (entry.followed() ? FOLLOWED : 0)
            | (entry.removed() ? REMOVED : 0)
            | (entry.implied() ? IMPLIED : 0)
            | (entry.absolute() ? ABSOLUTE : 0)
            | (entry.below() != null && entry.below().isPartial() ? PARTLY : 0)
            | (entry.attributes().mode() != status.mode() ? OTHER_MODE : 0)
            | (hasLists(entry.attributes()) ? LISTS : 0);
    out.u8(more == 0 ? flags : flags | MORE);
    if (more != 0) {
      out.u8(more);
    }
    int shared = Math.min(255, Math.max(0, Arrays.mismatch(name, entry.name())));
    out.u8(shared).number(entry.name().length - shared);
    out.raw(entry.name(), shared, entry.name().length - shared);
    name = entry.name();
    if (entry.removed()) {
      return;
    }
    if ((flags & SAME_MODE) == 0) {
      out.number(status.mode());
      mode = status.mode();
    }
    if ((flags & SAME_OWNER) == 0) {
      out.number(status.uid() & U32_MAX).number(status.gid() & U32_MAX);
      uid = status.uid();
      gid = status.gid();
    }
    out.number(status.size());
    if ((flags & SAME_SECONDS) == 0) {
      out.signed(status.mtimeSeconds() - seconds);
      seconds = status.mtimeSeconds();
    }
    if ((flags & NANOS) != 0) {
      out.number(status.mtimeNanos());
    }
    rest(out, entry, links);
    if ((more & LISTS) != 0) {
      lists.reset();
      entry.attributes().write(lists, true);
      out.number(lists.length()).raw(lists.array(), 0, lists.length());
    } else if ((more & OTHER_MODE) != 0) {
      out.number(entry.attributes().mode());
    }
  }

  private static boolean hasLists(Attributes attributes) {
    return attributes.acl() != null
        || attributes.defaultAcl() != null
        || attributes.xattrs() != null;
  }

  private void rest(CompactWriter out, SourceEntry entry, long links) {
    FileStatus status = entry.status();
    if (rules.accessTimes) {
      out.signed(status.atimeSeconds()).number(status.atimeNanos());
    }
    if (rules.createTimes) {
      out.signed(status.birthNanos());
    }
    if (entry.kind() == Item.Kind.DEVICE) {
      out.number(status.specialDevice() >>> 32).number(status.specialDevice() & U32_MAX);
    } else if (entry.kind() == Item.Kind.SYMLINK) {
      out.bytes(entry.linkText());
    }
    if (links != 0) {
      out.number(links).number(status.links());
    }
  }

  /**
   * Reads the next entry.
   *
   * @param place becomes {@link SourceEntry#place}
   * @param large gives what was too large for the listing
   * @param below what a directory that is entered gets; asked only for such a one
   */
  SourceEntry read(CompactReader in, int place, LargeValues large, Below below)
      throws WireException {
    int flags = in.u8(2 * MORE - 1);
    int more = (flags & MORE) == 0 ? 0 : in.u8(2 * PARTLY - 1);
    int shared = in.u8(name.length);
    int rest = in.number(Names.NAME_BYTES_MAX - shared);
    int from = in.skip(rest);
    byte[] next = Arrays.copyOf(name, shared + rest);
    System.arraycopy(in.array(), from, next, shared, rest);
    if (!Names.isComponent(next)) {
      throw CompactReader.malformed("a name that is not one component (H38)");
    }
    name = next;
    if ((more & REMOVED) != 0) {
      return SourceEntry.removed(next, place);
    }
    if ((flags & SAME_MODE) == 0) {
      mode = in.number(MODE_MAX);
    }
    if ((flags & SAME_OWNER) == 0) {
      uid = (int) in.number(U32_MAX);
      gid = (int) in.number(U32_MAX);
    }
    long size = in.number(Long.MAX_VALUE);
    if ((flags & SAME_SECONDS) == 0) {
      seconds += in.signed();
    }
    int nanos = (flags & NANOS) == 0 ? 0 : in.number(NANOS_MAX);
    Item.Kind kind = kind(mode);
    long atime = rules.accessTimes ? in.signed() : 0;
    int atimeNanos = rules.accessTimes ? in.number(NANOS_MAX) : 0;
    long birth = rules.createTimes ? in.signed() : 0;
    long device = kind == Item.Kind.DEVICE ? in.number(U32_MAX) << 32 | in.number(U32_MAX) : 0;
    byte[] text = kind == Item.Kind.SYMLINK ? text(in) : Paths.NONE;
    if (rules.mungeLinks && kind == Item.Kind.SYMLINK) {
      text = SymbolicLinks.munged(text);
    }
    long links = (flags & LINKED) == 0 ? 0 : in.number(Long.MAX_VALUE);
    int names = (flags & LINKED) == 0 ? 1 : in.number(Integer.MAX_VALUE);
    boolean isLinked = links != 0 && rules.hardLinks && kind != Item.Kind.DIRECTORY;
    FileStatus status =
        new FileStatus(
            mode,
            uid,
            gid,
            size,
            atime,
            atimeNanos,
            seconds,
            nanos,
            0,
            0,
            links,
            0,
            device,
            isLinked ? Math.max(2, names) : 1,
            Long.MAX_VALUE,
            birth,
            0);
    boolean isEntered = (flags & ENTERED) != 0;
    if (isEntered && kind != Item.Kind.DIRECTORY) {
      throw CompactReader.malformed("something is entered that is no directory");
    }
    return new SourceEntry(
        next,
        kind,
        status,
        attributes(in, status, more),
        (more & LISTS) == 0 ? null : large,
        text,
        (more & FOLLOWED) != 0,
        isEntered ? below.of(next, (more & PARTLY) != 0) : null,
        false,
        (more & IMPLIED) != 0,
        (more & ABSOLUTE) != 0,
        place);
  }

  private static Attributes attributes(CompactReader in, FileStatus status, int more)
      throws WireException {
    if ((more & LISTS) != 0) {
      return InodeRecord.attributes(in, status.mode());
    }
    if ((more & OTHER_MODE) == 0) {
      return Attributes.of(status);
    }
    int other = in.number(MODE_MAX);
    if ((other & FileStatus.TYPE) != (status.mode() & FileStatus.TYPE)) {
      throw CompactReader.malformed("attributes of another type");
    }
    return Attributes.of(status.as(other, status.uid(), status.gid(), status.specialDevice()));
  }

  /** Makes what stands for the content of a directory that is entered. */
  interface Below {
    /**
     * @param isPartial whether only some names of it are listed
     */
    SourceDirectory of(byte[] name, boolean isPartial) throws WireException;
  }

  private static byte[] text(CompactReader in) throws WireException {
    byte[] text = in.bytes(SymbolicLinks.TEXT_MAX);
    for (byte b : text) {
      if (b == 0) {
        throw CompactReader.malformed("NUL in the text of a symbolic link");
      }
    }
    if (text.length == 0) {
      throw CompactReader.malformed("a symbolic link without a text");
    }
    return text;
  }

  private static Item.Kind kind(int mode) throws WireException {
    return switch (mode >> 12) {
      case 010 -> Item.Kind.FILE;
      case 004 -> Item.Kind.DIRECTORY;
      case 012 -> Item.Kind.SYMLINK;
      case 002, 006 -> Item.Kind.DEVICE;
      case 001, 014 -> Item.Kind.SPECIAL;
      default -> throw CompactReader.malformed("a mode of no known type");
    };
  }
}
