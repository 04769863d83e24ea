package dev.godwit.sync.copy;

import dev.godwit.sync.content.CompressionChoice;
import dev.godwit.sync.content.LaneCompressor;
import dev.godwit.sync.content.LevelControl;
import dev.godwit.sync.content.RateLimiter;
import dev.godwit.sync.content.SkipSuffixes;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the records of one lane into messages and sends them: compressed as one stream over all
 * messages where that is asked for (zstd), and not faster than the user wants. One thread.
 */
final class LaneSender implements AutoCloseable {
  private static final int HEAD_PLAIN = 2;

  private final Channel channel;
  private final RateLimiter limiter;
  private final int lane;

  private final CompactWriter message = new CompactWriter(CompactWriter.SMALL_BYTES);
  private final boolean isCompressing;
  private final @Nullable LevelControl control;
  private final @Nullable LaneCompressor compressor;
  private final SkipSuffixes skipped;
  private byte[] compressed = {};
  private boolean isWorthwhile = true;
  private int head;

  /**
   * @param limiter for all lanes
   * @throws IllegalArgumentException when an option is malformed, with a message for the user
   */
  LaneSender(Channel channel, Rules rules, RateLimiter limiter, int lane) {
    this(channel, compression(rules), rules.skipCompress, limiter, lane);
  }

  /**
   * For what nobody has asked for.
   *
   * @param limiter for all lanes
   */
  static LaneSender ofOffers(Channel channel, RateLimiter limiter) {
    return new LaneSender(channel, CompressionChoice.OFF, "", limiter, Messages.OFFERED);
  }

  private LaneSender(
      Channel channel,
      CompressionChoice choice,
      @Nullable String skippedSuffixes,
      RateLimiter limiter,
      int lane) {
    this.channel = channel;
    this.limiter = limiter;
    this.lane = lane;
    isCompressing = choice.isOn();
    Integer level = choice.level();
    control = isCompressing && level == null ? new LevelControl() : null;
    compressor =
        isCompressing ? new LaneCompressor(level == null ? LevelControl.USUAL : level) : null;
    skipped = SkipSuffixes.parse(isCompressing ? skippedSuffixes : "");
    start();
  }

  static CompressionChoice compression(Rules rules) {
    return CompressionChoice.of(rules.compress, rules.compressChoice, rules.compressLevel);
  }

  private void start() {
    message.reset().u8(Messages.CONTENT).u8(lane);
    if (isCompressing) {
      message.u8(ContentRecords.PLAIN);
    }
    head = message.length();
  }

  /** Where records go. */
  CompactWriter message() {
    return message;
  }

  /** A file of this name follows: whether compressing it is worthwhile. */
  void begin(byte[] name) throws WireException, InterruptedException {
    if (compressor == null) {
      return;
    }
    boolean isNext = !skipped.contains(name);
    if (isNext != isWorthwhile) {
      flush();
      isWorthwhile = isNext;
      compressor.newContent();
    }
  }

  /** How much content one record should hold at most. */
  int piece(int wanted) {
    return limiter.piece(wanted);
  }

  /** Makes room for so many bytes, at most {@link ContentRecords#MESSAGE_BYTES}. */
  void room(int bytes) throws WireException, InterruptedException {
    if (message.length() + bytes > ContentRecords.MESSAGE_BYTES) {
      flush();
    }
  }

  /** Sends what is gathered. To be called before the thread waits for something else to do. */
  void flush() throws WireException, InterruptedException {
    int length = message.length() - head;
    if (length == 0) {
      return;
    }
    LaneCompressor stream = compressor;
    if (stream == null || !isWorthwhile || !sendCompressed(stream, length)) {
      limiter.take(message.length());
      if (lane == Messages.OFFERED) {
        message.sendLazilyTo(channel); // the listing goes on
      } else {
        message.sendTo(channel);
      }
    }
    start();
  }

  /** Returns whether it was sent so. */
  private boolean sendCompressed(LaneCompressor stream, int length)
      throws WireException, InterruptedException {
    int before = HEAD_PLAIN + 1 + Integer.BYTES;
    int bound = before + LaneCompressor.bound(length);
    if (compressed.length < bound) {
      compressed = new byte[bound];
    }
    long begin = System.nanoTime();
    int count = stream.compress(message.array(), head, length, compressed, before);
    long middle = System.nanoTime();
    if (count == LaneCompressor.AS_IT_IS) {
      return false;
    }
    compressed[0] = Messages.CONTENT;
    compressed[1] = (byte) lane;
    compressed[HEAD_PLAIN] = ContentRecords.COMPRESSED;
    CompactWriter.set(compressed, HEAD_PLAIN + 1, length);
    limiter.take(before + count);
    channel.send(compressed, 0, before + count);
    if (control != null) {
      control.sent(length, middle - begin, System.nanoTime() - middle);
      stream.setLevel(control.level());
    }
    return true;
  }

  @Override
  public void close() {
    if (compressor != null) {
      compressor.close();
    }
  }
}
