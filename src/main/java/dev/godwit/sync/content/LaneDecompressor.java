package dev.godwit.sync.content;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.godwit.wire.WireException;
import java.nio.ByteBuffer;

/**
 * The other end of a {@link LaneCompressor}. The peer may lie: a frame yields just as many bytes as
 * were announced for it, or it is refused, and a window larger than ours is (H42). One thread at a
 * time.
 */
public final class LaneDecompressor implements AutoCloseable {
  private final ZstdDecompressCtx context;

  /**
   * Begins a lane.
   *
   * @throws UnsatisfiedLinkError with a message for the user when zstd cannot be loaded
   */
  public LaneDecompressor() {
    ZstdLibrary.need();
    context = new ZstdDecompressCtx();
    context.setLongMax(LaneCompressor.WINDOW_LOG_MAX);
  }

  /**
   * Takes one compressed frame.
   *
   * @param announced how many bytes it must yield; bounded by the caller
   * @param into has room for one byte more than announced, from {@code at} on: it would show that
   *     there is more
   * @throws WireException when the frame is not one, or yields another number of bytes; nothing of
   *     this lane can be read any more then
   */
  public void decompress(byte[] data, int offset, int length, int announced, byte[] into, int at)
      throws WireException {
    if (announced < 0 || announced >= into.length - at) {
      throw new IllegalArgumentException("no room for a frame of " + announced + " bytes");
    }
    ByteBuffer source = ByteBuffer.wrap(data, offset, length);
    ByteBuffer target = ByteBuffer.wrap(into, at, announced + 1);
    try {
      while (source.hasRemaining() && target.hasRemaining()) {
        int before = source.remaining() + target.remaining();
        context.decompressByteBufferStream(target, source);
        if (source.remaining() + target.remaining() == before) {
          break;
        }
      }
    } catch (ZstdException e) {
      throw new WireException("malformed frame: zstd says: " + e.getMessage(), e);
    }
    int count = target.position() - at;
    if (count != announced || source.hasRemaining()) {
      throw new WireException(
          "malformed frame: "
              + announced
              + " bytes announced, "
              + (count > announced ? "more" : Integer.toString(count))
              + " came out of it");
    }
  }

  /** For fuzzing: takes any bytes as frames and throws nothing but what it says. */
  static void fuzzFrames(byte[] input) {
    try (LaneDecompressor decompressor = new LaneDecompressor()) {
      byte[] into = new byte[(64 << 10) + 1];
      int at = 0;
      while (at + 4 <= input.length) {
        int length = Math.min((input[at] & 0xff) << 4, input.length - at - 4);
        int announced = (input[at + 1] & 0xff) << 8 | (input[at + 2] & 0xff);
        decompressor.decompress(input, at + 4, length, announced, into, 0);
        at += 4 + length;
      }
    } catch (WireException e) {
      // as it should be
    }
  }

  @Override
  public void close() {
    context.close();
  }
}
