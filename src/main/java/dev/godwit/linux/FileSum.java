package dev.godwit.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the names and statuses of a directory's files add up to, for two hosts that want to know
 * whether they have the same ones without telling each other all of them: the sum of one keyed hash
 * for each file (SipHash-1-3 with 128 bits, by Aumasson and Bernstein), so that their order does
 * not matter. Who does not know the key cannot choose names or times for which it would miss a
 * change.
 *
 * <p>Counted are regular files; all other names are told one by one. What else decides whether a
 * file is counted, and what of its status, is in {@link SameFiles.Conditions}.
 */
public final class FileSum {
  /**
   * The sum.
   *
   * @param files how many are in it
   * @param bytes their sizes together
   * @param owners of the files: each user with each of its groups once, the user in the upper 32
   *     bits
   * @param rest the names that are not in it, in the directory's order as far as they are of one
   *     kind
   * @param restBytes the sizes together of those of the rest that are the only name of a file
   * @param others those of the rest that are not, or of which that cannot be said
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Sum(
      long files,
      long bytes,
      long low,
      long high,
      List<Long> owners,
      List<byte[]> rest,
      long restBytes,
      List<DirectoryEntry> others) {}

  /**
   * Which regular files are in {@link Sum#rest} whatever their status is.
   *
   * @param prefix those whose names begin so
   * @param since those that changed, or say that they were modified, at this time or later, in
   *     nanoseconds since 1970
   * @param names those for which this is true; null for none, which spares a copy of each name
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Apart(byte[] prefix, long since, @Nullable Predicate<byte[]> names) {}

  private static final int BATCH = 128;

  /** With more, it is of no use to ask about each of them. */
  private static final int OWNERS_MAX = 64;

  private final RawNames names = new RawNames();
  private final StatusWords statuses = new StatusWords(BATCH);
  private final int[] batch = new int[BATCH];
  private final boolean[] hasXattrs = new boolean[BATCH];
  private @Nullable Apart apart;

  /** Of the directory, where files of other mounts are apart too. */
  private @Nullable FileStatus within;

  private int pending;
  private long files;
  private long size;
  private long low;
  private long high;
  private List<Long> owners = new ArrayList<>();
  private List<byte[]> rest = new ArrayList<>();
  private long restBytes;
  private List<DirectoryEntry> others = new ArrayList<>();

  // The state of the hash.
  private long v0;
  private long v1;
  private long v2;
  private long v3;

  FileSum() {}

  /**
   * Adds up a directory that was not listed yet.
   *
   * @param key the lower half of 128 random bits
   * @param otherKey the upper half
   * @param apart as are files on which something else is mounted; null when none are
   * @return null when too many own something
   */
  public static @Nullable Sum of(
      DirectoryHandle directory,
      SameFiles.Conditions conditions,
      long key,
      long otherKey,
      @Nullable Apart apart)
      throws LinuxException {
    if (conditions.timeWindowSeconds() > 0) {
      throw new IllegalArgumentException("times that are nearly the same have no common hash");
    }
    return Scratch.get().fileSum().look(directory, conditions, key, otherKey, apart);
  }

  private @Nullable Sum look(
      DirectoryHandle directory,
      SameFiles.Conditions conditions,
      long key,
      long otherKey,
      @Nullable Apart told)
      throws LinuxException {
    apart = told;
    within = told == null ? null : directory.status();
    files = 0;
    size = 0;
    low = 0;
    high = 0;
    pending = 0;
    owners = new ArrayList<>(1);
    rest = new ArrayList<>();
    restBytes = 0;
    others = new ArrayList<>();
    for (int length = names.read(directory); length > 0; length = names.read(directory)) {
      for (int at = 0; at < length; at = names.next(at)) {
        if (names.isDots(at)) {
          continue;
        }
        if (names.isRegular(at) && !isApart(names.name(at))) {
          batch[pending++] = at;
          if (pending == BATCH) {
            add(directory, conditions, key, otherKey);
          }
        } else {
          other(at);
        }
      }
      add(directory, conditions, key, otherKey);
      if (owners.size() > OWNERS_MAX) {
        return null;
      }
    }
    return new Sum(files, size, low, high, owners, rest, restBytes, others);
  }

  private void add(
      DirectoryHandle directory, SameFiles.Conditions conditions, long key, long otherKey)
      throws LinuxException {
    int descriptor = directory.descriptor();
    long to = statuses.address();
    int asked = 0;
    for (int i = 0; i < pending; i++) {
      int name = names.name(batch[i]);
      if (names.status(descriptor, name, StatusWords.MASK, to)) {
        hasXattrs[asked] = conditions.hasNoXattrs() && !names.hasNoXattrs(directory, name);
        batch[asked++] = batch[i];
        to += StatusWords.BYTES;
      } else {
        other(batch[i]);
      }
    }
    statuses.take(asked);
    for (int i = 0; i < asked; i++) {
      int at = i * StatusWords.WORDS;
      boolean isOnly = statuses.isRegular(at) && statuses.links(at) == 1;
      if (statuses.isRegular(at)
          && (isOnly || !conditions.hasOneName())
          && !hasXattrs[i]
          && !isApartByStatus(at)) {
        hash(at, names.name(batch[i]), conditions, key, otherKey);
        files++;
        size += statuses.size(at);
        owns(at);
      } else if (isOnly) {
        rest.add(names.copy(names.name(batch[i])));
        restBytes += statuses.size(at);
      } else {
        other(batch[i]);
      }
    }
    pending = 0;
  }

  private void other(int at) {
    DirectoryEntry entry = names.entry(at);
    rest.add(entry.name());
    others.add(entry);
  }

  private boolean isApart(int name) {
    Apart told = apart;
    return told != null
        && (names.begins(name, told.prefix)
            || told.names != null && told.names.test(names.copy(name)));
  }

  private boolean isApartByStatus(int at) {
    Apart told = apart;
    FileStatus directory = within;
    return told != null
        && directory != null
        && (statuses.changedNanos(at) >= told.since
            || statuses.modifiedNanos(at) >= told.since
            || !statuses.isOnMountOf(directory, at));
  }

  private void owns(int at) {
    long owner = (long) statuses.owner(at) << 32 | statuses.group(at) & 0xffffffffL;
    for (int i = 0; i < owners.size(); i++) {
      if (owners.get(i) == owner) {
        return;
      }
    }
    owners.add(owner);
  }

  private void hash(int at, int name, SameFiles.Conditions conditions, long key, long otherKey) {
    v0 = key ^ 0x736f6d6570736575L;
    v1 = otherKey ^ 0x646f72616e646f6dL ^ 0xee;
    v2 = key ^ 0x6c7967656e657261L;
    v3 = otherKey ^ 0x7465646279746573L;
    word(statuses.mode(at));
    word(statuses.size(at));
    word(statuses.seconds(at));
    word(conditions.timeWindowSeconds() < 0 ? statuses.nanos(at) : 0);
    word(
        (conditions.owner() ? (long) statuses.owner(at) << 32 : 0)
            | (conditions.group() ? statuses.group(at) & 0xffffffffL : 0));
    byte[] bytes = names.bytes;
    int end = names.end(name);
    int from = name;
    for (; from + 8 <= end; from += 8) {
      word(
          bytes[from] & 0xffL
              | (bytes[from + 1] & 0xffL) << 8
              | (bytes[from + 2] & 0xffL) << 16
              | (bytes[from + 3] & 0xffL) << 24
              | (bytes[from + 4] & 0xffL) << 32
              | (bytes[from + 5] & 0xffL) << 40
              | (bytes[from + 6] & 0xffL) << 48
              | (bytes[from + 7] & 0xffL) << 56);
    }
    long last = (long) (5 * 8 + end - name) << 56; // so many bytes in all
    for (int i = 0; from + i < end; i++) {
      last |= (bytes[from + i] & 0xffL) << 8 * i;
    }
    word(last);
    v2 ^= 0xee;
    round();
    round();
    round();
    low += v0 ^ v1 ^ v2 ^ v3;
    v1 ^= 0xdd;
    round();
    round();
    round();
    high += v0 ^ v1 ^ v2 ^ v3;
  }

  private void word(long word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }

  private void round() {
    long a = v0 + v1;
    long b = Long.rotateLeft(v1, 13) ^ a;
    a = Long.rotateLeft(a, 32);
    long c = v2 + v3;
    long d = Long.rotateLeft(v3, 16) ^ c;
    a += d;
    d = Long.rotateLeft(d, 21) ^ a;
    c += b;
    b = Long.rotateLeft(b, 17) ^ c;
    c = Long.rotateLeft(c, 32);
    v0 = a;
    v1 = b;
    v2 = c;
    v3 = d;
  }
}
