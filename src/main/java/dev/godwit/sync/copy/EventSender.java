package dev.godwit.sync.copy;

import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells the controller, which is on another host, what the copy has to tell: many events in one
 * message, in order. Any thread. {@link EventReader} is the other end.
 */
final class EventSender implements CopyListener {
  static final int ITEM = 1;
  static final int NOTE = 2;
  static final int FAILURE = 3;
  static final int PROGRESS = 4;
  static final int FILE_PROGRESS = 5;
  static final int INFO = 6;
  static final int CHECKED = 7;
  static final int BEGINS = 8;

  static final int TEXT_MAX = 64 * 1024;

  /** A failure waits no longer than this for others. */
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Channel channel;
  private final CompactWriter message = new CompactWriter(Messages.PART_BYTES + 4096);
  private long sentAt = System.nanoTime();
  private @Nullable WireException broken;

  EventSender(Channel channel) {
    this.channel = channel;
    message.u8(Messages.EVENTS);
  }

  @Override
  public synchronized void item(Item item) {
    write(ITEM, item);
  }

  @Override
  public synchronized void begins(Item item) {
    write(BEGINS, item);
  }

  private void write(int type, Item item) {
    message.u8(type).number(item.change().bits()).bytes(item.path()).u8(item.kind().ordinal());
    message.number(item.mode());
    message.number(item.uid() & 0xffff_ffffL).number(item.gid() & 0xffff_ffffL);
    message.number(item.size()).signed(item.mtimeSeconds()).number(item.mtimeNanos());
    message.number(item.device() >>> 32).number(item.device() & 0xffff_ffffL);
    nullable(item.link());
    message.number(item.bytesMoved()).number(item.matched()).signed(item.atimeSeconds());
    nullable(item.sum());
    sendIfLarge();
  }

  private void nullable(byte @Nullable [] bytes) {
    message.bool(bytes != null);
    if (bytes != null) {
      message.bytes(bytes);
    }
  }

  @Override
  public synchronized void note(int level, String text) {
    message.u8(NOTE).number(level);
    text(text);
    sendIfLarge();
  }

  @Override
  public synchronized void note(InfoFlag about, int level, String text) {
    message.u8(INFO).u8(about.ordinal()).number(level);
    text(text);
    sendIfLarge();
  }

  @Override
  public synchronized void checked(long names, boolean areAllKnown) {
    message.u8(CHECKED).number(names).bool(areAllKnown);
    sendIfLarge();
  }

  @Override
  public synchronized void failure(Failure failure) {
    message.u8(FAILURE).u8(failure.status().ordinal()).bytes(failure.path());
    text(failure.what());
    message.bool(failure.isToldBySource());
    if (System.nanoTime() - sentAt > PATIENCE_NANOS) {
      flush();
    } else {
      sendIfLarge();
    }
  }

  @Override
  public synchronized void progress(CopyStatistics soFar) {
    message.u8(PROGRESS);
    StatisticsFields.write(message, soFar);
    flush(); // several times a second: the events before it have waited long enough
  }

  @Override
  public synchronized void fileProgress(byte[] path, long bytesDone, long bytesAll) {
    message.u8(FILE_PROGRESS).bytes(path).number(bytesDone).number(bytesAll);
    sendIfLarge();
  }

  private void text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    message.bytes(bytes.length <= TEXT_MAX ? bytes : Arrays.copyOf(bytes, TEXT_MAX));
  }

  private void sendIfLarge() {
    if (message.length() >= Messages.PART_BYTES) {
      flush();
    }
  }

  /** How the copy ended; the last message. */
  synchronized void result(CopyResult result) throws WireException {
    flush();
    message.reset().u8(Messages.RESULT).u8(result.status().ordinal());
    StatisticsFields.write(message, result.statistics());
    send();
    if (broken != null) {
      throw broken;
    }
  }

  synchronized void flush() {
    if (message.length() > 1) {
      send();
    }
  }

  private void send() {
    try {
      if (broken == null) {
        message.sendTo(channel);
      }
    } catch (WireException e) {
      broken = e; // whoever receives on the channel meets it too, and ends the copy
    }
    message.reset().u8(Messages.EVENTS);
    sentAt = System.nanoTime();
  }
}
