package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Native memory for the arguments and results of system calls, one for each thread, so that a call
 * allocates nothing. What a call put here is valid until the thread's next call of this room.
 */
final class Scratch {
  /** Room for a path; longer ones are ENAMETOOLONG for the kernel too (PATH_MAX is 4,096). */
  static final int PATH_BYTES = 4096;

  static final int DATA_BYTES = 128 * 1024;
  static final int ENTRIES_BYTES = 64 * 1024;

  private static final int SECOND_PATH = PATH_BYTES;
  private static final int STATUS = 2 * PATH_BYTES;

  /** Up to the mount's id. */
  private static final int STATUS_WORDS = 19;

  private static final int STRUCTURE = STATUS + 256;
  private static final int SIZE = STRUCTURE + 64;

  private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

  private final Arena arena = Arena.ofAuto();
  final MemorySegment memory = arena.allocate(SIZE, 8);
  private final long address = memory.address();

  // Views of it: copying through a buffer takes fewer steps than through a segment, which counts
  // where the second compiler never comes. A segment's access is linked at each start, too, which
  // takes milliseconds; what every command does goes through these.
  private final ByteBuffer bytes = memory.asByteBuffer();
  private final LongBuffer words =
      memory.asByteBuffer().order(ByteOrder.nativeOrder()).asLongBuffer();

  private final long[] statusWords = new long[STATUS_WORDS];
  private byte @Nullable [] entryBytes;
  private @Nullable MemorySegment data;
  private @Nullable MemorySegment entries;
  private @Nullable SameFiles sameFiles;
  private @Nullable FileSum fileSum;
  private @Nullable PlainNames plainNames;
  private @Nullable RenamedFiles renamedFiles;

  /** Whether the thread has a working directory of its own; see {@link ThreadDirectory}. */
  boolean ownsDirectory;

  /** Where the thread is, if it has one of its own and has gone anywhere. */
  @Nullable DirectoryHandle directory;

  static Scratch get() {
    return Thread.currentThread() instanceof CallThread thread ? thread.scratch : OF_THREAD.get();
  }

  /** The address of a NUL-terminated copy of {@code path}. */
  long path(byte[] path, String call) throws LinuxException {
    put(path, 0, path.length, 0, call);
    return address;
  }

  /** As {@link #path}, for the calls that take two. */
  long secondPath(byte[] path, String call) throws LinuxException {
    put(path, 0, path.length, SECOND_PATH, call);
    return address + SECOND_PATH;
  }

  /** The address of an empty path (AT_EMPTY_PATH). */
  long emptyPath() {
    bytes.put(0, (byte) 0);
    return address;
  }

  private void put(byte[] path, int from, int length, int at, String call) throws LinuxException {
    if (length >= PATH_BYTES) {
      throw new LinuxException(call, Names.display(path), Errno.ENAMETOOLONG);
    }
    for (int i = from; i < from + length; i++) {
      if (path[i] == 0) {
        throw new LinuxException(call, Names.display(path), Errno.EINVAL);
      }
    }
    bytes.put(at, path, from, length).put(at + length, (byte) 0);
  }

  /** What a call has put at {@link #statusAddress}: struct statx, as words of 64 bits. */
  long[] statusWords() {
    words.get(STATUS / 8, statusWords);
    return statusWords;
  }

  /** A copy of the first bytes of {@link #entries}. */
  byte[] entryBytes(int count) {
    byte[] bytes = entryBytes;
    if (bytes == null) {
      bytes = new byte[ENTRIES_BYTES + 64]; // a reader may compare beyond the last name
      entryBytes = bytes;
    }
    entries().asByteBuffer().get(0, bytes, 0, count);
    return bytes;
  }

  long statusAddress() {
    return address + STATUS;
  }

  /** 64 bytes for any small structure. */
  MemorySegment structure() {
    return memory.asSlice(STRUCTURE, 64);
  }

  /** The word of 64 bits that a call has put into {@link #structure}. */
  long structureWord(int index) {
    return words.get(STRUCTURE / 8 + index);
  }

  /** Fills {@link #structure} from its beginning; returns its address. */
  long structure(long first, long second, long third, long fourth) {
    words.put(STRUCTURE / 8, first).put(STRUCTURE / 8 + 1, second);
    words.put(STRUCTURE / 8 + 2, third).put(STRUCTURE / 8 + 3, fourth);
    return address + STRUCTURE;
  }

  long structureAddress() {
    return address + STRUCTURE;
  }

  MemorySegment data() {
    MemorySegment segment = data;
    if (segment == null) {
      segment = arena.allocate(DATA_BYTES, 4096);
      data = segment;
    }
    return segment;
  }

  MemorySegment entries() {
    MemorySegment segment = entries;
    if (segment == null) {
      segment = arena.allocate(ENTRIES_BYTES, 8);
      entries = segment;
    }
    return segment;
  }

  SameFiles sameFiles() {
    SameFiles made = sameFiles;
    if (made == null) {
      made = new SameFiles();
      sameFiles = made;
    }
    return made;
  }

  PlainNames plainNames() {
    PlainNames made = plainNames;
    if (made == null) {
      made = new PlainNames();
      plainNames = made;
    }
    return made;
  }

  RenamedFiles renamedFiles() {
    RenamedFiles made = renamedFiles;
    if (made == null) {
      made = new RenamedFiles();
      renamedFiles = made;
    }
    return made;
  }

  FileSum fileSum() {
    FileSum made = fileSum;
    if (made == null) {
      made = new FileSum();
      fileSum = made;
    }
    return made;
  }
}
