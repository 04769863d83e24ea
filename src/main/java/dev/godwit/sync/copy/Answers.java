package dev.godwit.sync.copy;

import dev.godwit.sync.content.DeltaShape;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;

/**
 * What the target answers to listings, gathered into few messages, in order. Any thread.
 *
 * <p>Records: {@link #WANT} directory, count, then each index as the difference to the one before;
 * {@link #WANT_FROM} directory, index, position; {@link #WANT_UNLESS} directory, index, sum; {@link
 * #REMOVE} directory, index; {@link #DONE}, {@link #RELEASE} and {@link #WHOLE} directory.
 */
final class Answers {
  /** Send the content of these entries. */
  static final int WANT = 1;

  /** directory, index, position: send the content of one entry from there on (--append). */
  static final int WANT_FROM = 4;

  /** The entry is on the target and may go from the source (--remove-source-files). */
  static final int REMOVE = 2;

  /** All files of the directory are done or have failed: it may be forgotten. */
  static final int DONE = 3;

  /** directory: it counts no more for how much may be listed; its files may take long. */
  static final int RELEASE = 5;

  /** directory, index, SHA-256: send the content of one entry unless it is this one. */
  static final int WANT_UNLESS = 6;

  /** directory, index, in place bool, size of what stands, block size: send a delta. */
  static final int WANT_DELTA = 7;

  /** directory, index: end the delta. */
  static final int STOP_DELTA = 8;

  /** directory: its files have another sum here; list all of it. It is released as well. */
  static final int WHOLE = 9;

  static final int SUM_BYTES = 32;

  private static final int WANTS_MAX = 256;

  private final Channel channel;
  private final CompactWriter message = new CompactWriter(CompactWriter.SMALL_BYTES);
  private final int[] indices = new int[WANTS_MAX];
  private int count;
  private int directory;

  /**
   * Whether the message has something that the source is to act on, not only what it may forget.
   */
  private boolean isUrgent;

  Answers(Channel channel) {
    this.channel = channel;
    message.u8(Messages.ANSWERS);
  }

  synchronized void want(int number, int index) throws WireException {
    if (count > 0 && (number != directory || count == WANTS_MAX)) {
      putWants();
    }
    directory = number;
    indices[count++] = index;
    sendIfLarge();
  }

  synchronized void wantFrom(int number, int index, long position) throws WireException {
    urgent(WANT_FROM).number(number).number(index).number(position);
    sendIfLarge();
  }

  synchronized void remove(int number, int index) throws WireException {
    urgent(REMOVE).number(number).number(index);
    sendIfLarge();
  }

  synchronized void wantUnless(int number, int index, byte[] sum) throws WireException {
    urgent(WANT_UNLESS).number(number).number(index).bytes(sum);
    sendIfLarge();
  }

  synchronized void delta(int number, int index, DeltaShape shape, boolean isInPlace)
      throws WireException {
    urgent(WANT_DELTA).number(number).number(index).bool(isInPlace);
    message.number(shape.basisSize()).number(shape.blockSize());
    sendIfLarge();
  }

  synchronized void stopDelta(int number, int index) throws WireException {
    urgent(STOP_DELTA).number(number).number(index);
    sendIfLarge();
  }

  synchronized void release(int number) throws WireException {
    putWants();
    message.u8(RELEASE).number(number);
    sendIfLarge();
  }

  synchronized void whole(int number) throws WireException {
    urgent(WHOLE).number(number);
    sendIfLarge();
  }

  synchronized void done(int number) throws WireException {
    putWants();
    message.u8(DONE).number(number);
    sendIfLarge();
  }

  /** Sends what is gathered if the source is to act on any of it. */
  synchronized void flushWanted() throws WireException {
    if (isUrgent || count > 0) {
      flush();
    }
  }

  synchronized void flush() throws WireException {
    putWants();
    if (message.length() > 1) {
      // Under the lock, so that the order stays: the receiver takes it whatever else happens.
      if (isUrgent) {
        message.sendTo(channel);
      } else {
        message.sendLazilyTo(channel);
      }
      isUrgent = false;
      message.reset().u8(Messages.ANSWERS);
    }
  }

  /** Begins what the source is to act on. */
  private CompactWriter urgent(int kind) {
    putWants();
    isUrgent = true;
    return message.u8(kind);
  }

  private void putWants() {
    if (count == 0) {
      return;
    }
    isUrgent = true;
    message.u8(WANT).number(directory).number(count);
    int last = 0;
    for (int i = 0; i < count; i++) {
      message.signed(indices[i] - (long) last);
      last = indices[i];
    }
    count = 0;
  }

  private void sendIfLarge() throws WireException {
    if (message.length() >= Messages.PART_BYTES / 2) {
      flush();
    }
  }
}
