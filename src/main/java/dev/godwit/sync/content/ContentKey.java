package dev.godwit.sync.content;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.function.LongFunction;

/**
 * What the hashes of a session depend on. It is chosen at random when a session begins and both
 * sides know it, so that nobody can have written content whose hashes collide in it (H42, H48).
 * Many threads may use it; what it makes is for one thread.
 */
public final class ContentKey {
  static final int BYTES = 3 * Long.BYTES + KeyedSha256.KEY_BYTES;

  private final byte[] bytes;
  private final LongFunction<RangeHash> sums;

  private ContentKey(byte[] bytes, LongFunction<RangeHash> sums) {
    this.bytes = bytes;
    this.sums = sums;
  }

  /** A new one. */
  public static ContentKey random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return new ContentKey(bytes, Xxh3::new);
  }

  /** The same key with another hash of blocks: for tests of what comes after a collision. */
  ContentKey with(LongFunction<RangeHash> otherSums) {
    return new ContentKey(bytes, otherSums);
  }

  public void write(MessageWriter message) {
    message.raw(bytes, 0, BYTES);
  }

  public static ContentKey read(MessageReader message) throws WireException {
    byte[] bytes =
        ByteBuffer.allocate(BYTES)
            .putLong(message.u64())
            .putLong(message.u64())
            .putLong(message.u64())
            .putLong(message.u64())
            .putLong(message.u64())
            .array();
    return new ContentKey(bytes, Xxh3::new);
  }

  private long seed(int number) {
    return ByteBuffer.wrap(bytes).getLong(number * Long.BYTES);
  }

  /** What groups and blocks are compared by. */
  RangeHash sums() {
    return sums.apply(seed(0));
  }

  /** What says where a block may begin. */
  Anchor anchor() {
    return new Anchor(seed(0));
  }

  /** What a whole file is verified by. */
  RangeHash leaves(Verification verification) {
    return switch (verification) {
      case KEYED -> new Xxh3(seed(1));
      case STRONG -> new KeyedSha256(bytes, 3 * Long.BYTES);
    };
  }

  /** For what only this side uses, such as the places in a table. */
  long salt() {
    return seed(2);
  }
}
