package dev.godwit.sync.content;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;

/**
 * Compresses the frames of one lane of a sender with zstd (RFC 8878): one stream over all frames,
 * so that each finds what came before in the window, flushed at the end of each. The other end is a
 * {@link LaneDecompressor} that is given the compressed frames in the same order. One thread at a
 * time.
 */
public final class LaneCompressor implements AutoCloseable {
  /** That {@link #compress} found no use in compressing a frame: it goes as it is. */
  public static final int AS_IT_IS = -1;

  /** What the other end has room for: 8 MiB. */
  static final int WINDOW_LOG_MAX = 23;

  /** From here on zstd would take larger windows by itself. */
  private static final int LARGE_WINDOW_LEVEL = 16;

  /** A frame of which more is left than this does not pay for the work. */
  private static final double WORTHWHILE_RATIO = 0.97;

  private static final int FRAMES_PASSED_OVER_MAX = 16;

  private final ZstdCompressCtx context;
  private int level;
  private int levelWanted;
  private int framesToPassOver;
  private int framesPassedOverNext = 1;

  /**
   * Begins a lane.
   *
   * @param level of zstd
   * @throws UnsatisfiedLinkError with a message for the user when zstd cannot be loaded
   */
  public LaneCompressor(int level) {
    ZstdLibrary.need();
    context = new ZstdCompressCtx();
    this.level = level;
    levelWanted = level;
    apply();
  }

  private void apply() {
    context.setLevel(level);
    context.setWindowLog(level >= LARGE_WINDOW_LEVEL ? WINDOW_LOG_MAX : 0);
  }

  /** How much room a frame can take when it is compressed, in bytes. */
  public static int bound(int length) {
    return Math.toIntExact(Zstd.compressBound(length)) + 64;
  }

  /** Sets the level for later frames; the window begins anew. */
  public void setLevel(int wanted) {
    levelWanted = wanted;
  }

  /**
   * Compresses one frame. After a frame that hardly shrank the next ones go as they are for a
   * while; the other end must not be given those.
   *
   * @param into has room for {@link #bound} bytes from {@code at} on
   * @return how many bytes it took; {@link #AS_IT_IS} when the frame is not in the stream
   */
  public int compress(byte[] data, int offset, int length, byte[] into, int at) {
    if (framesToPassOver > 0) {
      framesToPassOver--;
      return AS_IT_IS;
    }
    boolean isLast = level != levelWanted;
    ByteBuffer source = ByteBuffer.wrap(data, offset, length);
    ByteBuffer target = ByteBuffer.wrap(into, at, into.length - at);
    EndDirective end = isLast ? EndDirective.END : EndDirective.FLUSH;
    if (!context.compressByteBufferStream(target, source, end) || source.hasRemaining()) {
      throw new IllegalArgumentException("no room for a compressed frame of " + length + " bytes");
    }
    if (isLast) {
      level = levelWanted;
      apply();
    }
    int count = target.position() - at;
    if (count > length * WORTHWHILE_RATIO) {
      framesToPassOver = framesPassedOverNext;
      framesPassedOverNext = Math.min(2 * framesPassedOverNext, FRAMES_PASSED_OVER_MAX);
    } else {
      framesPassedOverNext = 1;
    }
    return count;
  }

  /** Another kind of content follows: whether the last frames shrank says nothing about it. */
  public void newContent() {
    framesToPassOver = 0;
  }

  @Override
  public void close() {
    context.close();
  }
}
