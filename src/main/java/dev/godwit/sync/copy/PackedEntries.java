package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.LargeValues;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.RandomAccess;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The names of a directory that has very many: some dozens of bytes each in the place of some
 * hundreds. They are kept in blocks of {@link #BLOCK}, written down one after the other, and become
 * objects again when somebody asks for them, others each time; the latest blocks stay objects.
 * Directories, which are last in the order of a listing, are kept as they are.
 *
 * <p>One thread adds; then any thread may read.
 */
final class PackedEntries extends AbstractList<SourceEntry> implements RandomAccess {
  /** A look at one name reads so many: few enough to be quick, many enough to be small. */
  static final int BLOCK = 64;

  /** Blocks that stay objects: those that a few threads work on. A power of two. */
  private static final int READ_BLOCKS = 16;

  private static final Item.Kind[] KINDS = Item.Kind.values();

  private static final int FOLLOWED = 8;
  private static final int REMOVED = 16;
  private static final int IMPLIED = 32;
  private static final int ABSOLUTE = 64;
  private static final int LARGE = 128;

  /** Where the place stands among the numbers of an entry: after those of its status. */
  private static final int PLACE = FileStatus.ROW;

  /** Each has a bit that says whether it differs; above them are the two bits that follow. */
  private static final int NUMBERS = PLACE + 1;

  private static final int OTHER_ATTRIBUTES = 1 << NUMBERS;
  private static final int LINK_TEXT = 1 << NUMBERS + 1;

  /** Gives the values of extended attributes that are not carried along, as {@link SourceEntry}. */
  interface Large {
    @Nullable LargeValues of(byte[] name, int place);
  }

  /**
   * A block that was read.
   *
   * @param number counted from 0
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Read(int number, SourceEntry[] entries) {}

  private final Large large;
  private final List<byte @Nullable []> blocks = new ArrayList<>();

  /** The first name of each block. */
  private final List<byte[]> firstNames = new ArrayList<>();

  /** What is not in a block. */
  private final List<SourceEntry> rest = new ArrayList<>();

  private final AtomicReferenceArray<@Nullable Read> latest =
      new AtomicReferenceArray<>(READ_BLOCKS);

  PackedEntries(Large large) {
    this.large = large;
  }

  @Override
  public int size() {
    return blocks.size() * BLOCK + rest.size();
  }

  /** Adds the next one in the order of {@link Listing#compare}. */
  @Override
  public boolean add(SourceEntry entry) {
    rest.add(entry);
    if (rest.size() == BLOCK && !entry.isDirectory() && !rest.getFirst().isDirectory()) {
      firstNames.add(rest.getFirst().name());
      blocks.add(written(rest));
      rest.clear();
    }
    return true;
  }

  @Override
  public SourceEntry get(int index) {
    int number = index / BLOCK;
    return number < blocks.size()
        ? block(number)[index % BLOCK]
        : rest.get(index - blocks.size() * BLOCK);
  }

  private SourceEntry[] block(int number) {
    Read known = latest.get(number & READ_BLOCKS - 1);
    if (known == null || known.number != number) {
      known = new Read(number, read(java.util.Objects.requireNonNull(blocks.get(number))));
      latest.set(number & READ_BLOCKS - 1, known);
    }
    return known.entries;
  }

  /** Where the only part begins in which a name can be. */
  int partOf(boolean isDirectory, byte[] name) {
    int low = 0;
    int high = firstNames.size(); // which is what is not in a block
    if (!rest.isEmpty() && isBefore(rest.getFirst(), isDirectory, name)) {
      return high * BLOCK;
    }
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      if (Listing.compare(false, firstNames.get(middle), isDirectory, name) <= 0) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low * BLOCK;
  }

  /** Where a part that begins there ends: a block, or what is not in one. */
  int endOfPart(int from) {
    return from < blocks.size() * BLOCK ? from + BLOCK : size();
  }

  private static boolean isBefore(SourceEntry entry, boolean isDirectory, byte[] name) {
    return Listing.compare(entry.isDirectory(), entry.name(), isDirectory, name) <= 0;
  }

  /** All, once: each block is forgotten when the next one is asked for. */
  Iterator<SourceEntry> draining() {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < size();
      }

      @Override
      public SourceEntry next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        int number = next / BLOCK;
        if (next % BLOCK == 0 && number > 0 && number <= blocks.size()) {
          blocks.set(number - 1, null);
        }
        return get(next++);
      }
    };
  }

  private static byte[] written(List<SourceEntry> some) {
    CompactWriter out = new CompactWriter(some.size() * 64);
    MessageWriter attributes = new MessageWriter();
    byte[] name = Paths.NONE;
    long[] before = new long[NUMBERS];
    long[] numbers = new long[NUMBERS];
    for (SourceEntry entry : some) {
      out.u8(
          entry.kind().ordinal()
              | (entry.followed() ? FOLLOWED : 0)
              | (entry.removed() ? REMOVED : 0)
              | (entry.implied() ? IMPLIED : 0)
              | (entry.absolute() ? ABSOLUTE : 0)
              | (entry.large() != null ? LARGE : 0));
      int shared = Math.max(0, Arrays.mismatch(name, entry.name()));
      name = entry.name();
      out.number(shared).number(name.length - shared).raw(name, shared, name.length - shared);
      entry.status().toRow(numbers);
      numbers[PLACE] = entry.place();
      boolean isPlain = entry.attributes().equals(Attributes.of(entry.status()));
      int differing =
          (isPlain ? 0 : OTHER_ATTRIBUTES) | (entry.linkText().length > 0 ? LINK_TEXT : 0);
      for (int i = 0; i < NUMBERS; i++) {
        differing |= numbers[i] == before[i] ? 0 : 1 << i;
      }
      out.number(differing);
      for (int i = 0; i < NUMBERS; i++) {
        if (numbers[i] != before[i]) {
          out.signed(numbers[i] - before[i]);
        }
      }
      long[] free = before;
      before = numbers;
      numbers = free;
      if (!isPlain) {
        attributes.reset();
        entry.attributes().write(attributes, true);
        out.number(attributes.length()).raw(attributes.array(), 0, attributes.length());
      }
      if ((differing & LINK_TEXT) != 0) {
        out.bytes(entry.linkText());
      }
    }
    return out.toBytes();
  }

  private SourceEntry[] read(byte[] block) {
    try {
      CompactReader in = new CompactReader(block, 0);
      SourceEntry[] entries = new SourceEntry[BLOCK];
      byte[] name = Paths.NONE;
      long[] numbers = new long[NUMBERS];
      for (int i = 0; i < BLOCK; i++) {
        int flags = in.u8();
        int shared = in.number(name.length);
        int more = in.number(block.length);
        int from = in.skip(more);
        name = Arrays.copyOf(name, shared + more);
        System.arraycopy(block, from, name, shared, more);
        int differing = in.number(Integer.MAX_VALUE);
        for (int k = 0; k < NUMBERS; k++) {
          if ((differing & 1 << k) != 0) {
            numbers[k] += in.signed();
          }
        }
        entries[i] = entry(in, flags, name, numbers, differing);
      }
      return entries;
    } catch (WireException e) {
      throw new IllegalStateException("a block that was written here", e);
    }
  }

  private SourceEntry entry(CompactReader in, int flags, byte[] name, long[] numbers, int differing)
      throws WireException {
    FileStatus status = FileStatus.ofRow(numbers);
    int place = (int) numbers[PLACE];
    Attributes attributes =
        (differing & OTHER_ATTRIBUTES) == 0
            ? Attributes.of(status)
            : Attributes.read(new MessageReader(in.bytes(Integer.MAX_VALUE)));
    return new SourceEntry(
        name,
        KINDS[flags & 7],
        status,
        attributes,
        (flags & LARGE) == 0 ? null : large.of(name, place),
        (differing & LINK_TEXT) == 0 ? Paths.NONE : in.bytes(Integer.MAX_VALUE),
        (flags & FOLLOWED) != 0,
        null,
        (flags & REMOVED) != 0,
        (flags & IMPLIED) != 0,
        (flags & ABSOLUTE) != 0,
        place);
  }
}
