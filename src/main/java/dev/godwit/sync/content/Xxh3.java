package dev.godwit.sync.content;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * XXH3 with 128 bits and a seed. Fast; tells apart what nobody chose knowing the seed. By the
 * library for this processor where that can be loaded, else in Java: the values are the same. Many
 * threads may use one.
 *
 * <p>The bytes are in the canonical order of the <a
 * href="https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md">specification</a>, the high
 * half first.
 */
final class Xxh3 implements RangeHash {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final long seed;
  private final @Nullable NativeXxh3 library;
  private final Hasher128 java;

  Xxh3(long seed) {
    this(seed, NativeXxh3.get());
  }

  Xxh3(long seed, @Nullable NativeXxh3 library) {
    this.seed = seed;
    this.library = library;
    java = Hashing.xxh3_128(seed);
  }

  @Override
  public void hash(byte[] data, int offset, int length, byte[] into, int at) {
    if (library != null) {
      library.hash(MemorySegment.ofArray(data), offset, length, seed, into, at);
    } else {
      HashValue128 value = java.hashBytesTo128Bits(data, offset, length);
      put(into, at, value.getMostSignificantBits(), value.getLeastSignificantBits());
    }
  }

  @Override
  public void hash(MemorySegment data, long offset, int length, byte[] into, int at) {
    if (library != null) {
      library.hash(data, offset, length, seed, into, at);
    } else {
      RangeHash.super.hash(data, offset, length, into, at);
    }
  }

  static void put(byte[] into, int at, long high, long low) {
    LONG.set(into, at, high);
    LONG.set(into, at + Long.BYTES, low);
  }
}
