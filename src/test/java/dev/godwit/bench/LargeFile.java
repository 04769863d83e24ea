package dev.godwit.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * One file of random bytes, like an encrypted disk image, or the same file after a change.
 *
 * @param size bytes before the change
 */
record LargeFile(long size, Change change) implements DataSet {
  /** What makes the file differ from the one with {@link #NONE}. */
  enum Change {
    NONE,
    /** One block of 4,096 bytes in a hundred, anywhere, has other content. */
    ONE_PERCENT_OF_BLOCKS,
    /** 100 bytes are inserted at 1,000 places: what follows is shifted. */
    INSERTIONS
  }

  static final String FILE = "large";
  private static final long GIB = 1L << 30;
  private static final int CHUNK = 1 << 20;
  private static final int BLOCK = 4096;
  private static final int INSERTIONS = 1000;
  private static final int INSERTED_BYTES = 100;
  private static final long SEED = 0x6c61726765L;

  @Override
  public String name() {
    return "large-" + size / GIB + "g-" + change.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public long space(Scale scale) {
    return scale.bytes(size) + (1 << 20);
  }

  @Override
  public long inodes(Scale scale) {
    return 16;
  }

  @Override
  public void write(Path folder, Scale scale) throws IOException {
    long length = scale.bytes(size);
    Path file = folder.resolve(FILE);
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            TestFiles.PRIVATE_FILE)) {
      SplittableRandom changes = new SplittableRandom(SEED + change.ordinal());
      long[] places = change == Change.INSERTIONS ? places(length, changes) : new long[0];
      int next = 0;
      byte[] chunk = new byte[CHUNK];
      for (long at = 0; at < length; at += CHUNK) {
        new SplittableRandom(SEED + at).nextBytes(chunk);
        int end = (int) Math.min(CHUNK, length - at);
        if (change == Change.ONE_PERCENT_OF_BLOCKS) {
          changeBlocks(chunk, changes);
        }
        int from = 0;
        while (next < places.length && places[next] < at + end) {
          int place = (int) (places[next++] - at);
          TestFiles.writeAll(channel, ByteBuffer.wrap(chunk, from, place - from));
          byte[] inserted = new byte[INSERTED_BYTES];
          changes.nextBytes(inserted);
          TestFiles.writeAll(channel, ByteBuffer.wrap(inserted));
          from = place;
        }
        TestFiles.writeAll(channel, ByteBuffer.wrap(chunk, from, end - from));
      }
    }
    // Another time for each change: with the same size, only the time tells that it has changed.
    TestFiles.setTime(file, new SplittableRandom(SEED + change.ordinal()));
  }

  private static void changeBlocks(byte[] chunk, SplittableRandom changes) {
    byte[] block = new byte[BLOCK];
    for (int at = 0; at < chunk.length; at += BLOCK) {
      if (changes.nextInt(100) == 0) {
        changes.nextBytes(block);
        System.arraycopy(block, 0, chunk, at, BLOCK);
      }
    }
  }

  private static long[] places(long length, SplittableRandom changes) {
    long[] places = new long[INSERTIONS];
    for (int i = 0; i < places.length; i++) {
      places[i] = changes.nextLong(length);
    }
    Arrays.sort(places);
    return places;
  }
}
