package dev.godwit.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The form of what is on the stream, and every limit of it.
 *
 * <pre>
 * frame   = length:u32 type:u8 channel:u32 payload     length counts type, channel and payload
 * HELLO   = magic:u32 version:u32 build:text           first frame of each side, once, channel 0
 * PING    = (empty)                                    channel 0
 * OPEN    = ability:text argument:rest                 channel: the opener's last number + 1
 * DATA    = one message                                takes {@link #cost} from the credit
 * CREDIT  = bytes:u32                                  room that the receiver gives back
 * FINISH  = (empty)                                    no DATA after it
 * FAIL    = reason:rest                                the channel is gone; empty = closed
 * BYE     = reason:rest                                the connection ends; channel 0
 * </pre>
 *
 * The top bit of a channel number is set when the frame's receiver opened the channel, so that both
 * sides number their own without asking.
 */
final class Frame {
  static final int MAGIC = 0x47445754; // "GDWT"
  static final int VERSION = 1;

  static final int HEADER_BYTES = 9;

  /** The part of the header that the length counts. */
  static final int COUNTED_HEADER_BYTES = 5;

  static final int HELLO = 1;
  static final int PING = 2;
  static final int OPEN = 3;
  static final int DATA = 4;
  static final int CREDIT = 5;
  static final int FINISH = 6;
  static final int FAIL = 7;
  static final int BYE = 8;

  static final int BUILD_BYTES_MAX = 200;
  static final int ABILITY_BYTES_MAX = 100;
  static final int ARGUMENT_BYTES_MAX = 64 * 1024;
  static final int REASON_BYTES_MAX = 4 * 1024;

  /** Channels that one side may have open at a time. */
  static final int CHANNELS_MAX = 512;

  static final int OPENED_BY_RECEIVER = 0x8000_0000;

  /**
   * Charged for each message besides its bytes, so that empty messages are not free: about what the
   * array and its place in the queue take.
   */
  static final int MESSAGE_OVERHEAD_BYTES = 64;

  /** What each direction of a new channel may send before it was given any credit. */
  static final int WINDOW_START_BYTES = 320 * 1024;

  /**
   * What a channel grows to while the connection's budget lasts: 4 MiB in flight fill 1 Gbit/s at
   * 30 ms.
   */
  static final int WINDOW_MAX_BYTES = 4 * 1024 * 1024;

  /** For all windows of a connection together, above {@link #WINDOW_START_BYTES} each. */
  static final int WINDOW_BUDGET_BYTES = 64 * 1024 * 1024;

  private static final VarHandle U32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private Frame() {}

  static int cost(int messageBytes) {
    return messageBytes + MESSAGE_OVERHEAD_BYTES;
  }

  /**
   * How much consumed credit may be kept back before it is given. The rest of the window always has
   * room for the longest message, else a sender could wait for credit that is never given.
   */
  static int creditThreshold(int window) {
    return Math.min(window / 4, window - cost(Channel.MESSAGE_BYTES_MAX));
  }

  /** The longest payload of a type; -1 for a type that does not exist. */
  static int payloadMax(int type) {
    return switch (type) {
      case HELLO -> 12 + BUILD_BYTES_MAX;
      case PING, FINISH -> 0;
      case OPEN -> 4 + ABILITY_BYTES_MAX + ARGUMENT_BYTES_MAX;
      case DATA -> Channel.MESSAGE_BYTES_MAX;
      case CREDIT -> 4;
      case FAIL, BYE -> REASON_BYTES_MAX;
      default -> -1;
    };
  }

  static int u32(byte[] bytes, int offset) {
    return (int) U32.get(bytes, offset);
  }

  static void header(byte[] bytes, int offset, int type, int channel, int payloadBytes) {
    U32.set(bytes, offset, COUNTED_HEADER_BYTES + payloadBytes);
    bytes[offset + 4] = (byte) type;
    U32.set(bytes, offset + 5, channel);
  }
}
