package dev.godwit.sync.content;

import dev.godwit.linux.NativeLibrary;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * XXH3 of libxxhash, which takes the widest vectors of the processor that it runs on. Worth its 15
 * ms of loading for content: 20 to 60 GB/s from the first call on, whatever the compiler of the JVM
 * has seen until then, where the same in Java has 3 to 11 GB/s. Many threads may use it.
 */
final class NativeXxh3 {
  private static final AddressLayout ADDRESS = ValueLayout.ADDRESS;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  /** Looked for once, when the first one asks. */
  private static final class Holder {
    static final @Nullable NativeXxh3 LIBRARY =
        NativeLibrary.load(
            "/aircompressor/linux-" + NativeLibrary.PROCESSOR + "/libxxhash.so",
            "xxhash",
            NativeXxh3::link);
  }

  /** XXH128_hash_t XXH3_128bits_withSeed(const void*, size_t, XXH64_hash_t), xxhash.h. */
  private final MethodHandle function;

  private final ThreadLocal<MemorySegment> results =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(2 * Long.BYTES, Long.BYTES));

  private NativeXxh3(MethodHandle function) {
    this.function = function;
  }

  /** Null where it cannot be loaded. */
  static @Nullable NativeXxh3 get() {
    return Holder.LIBRARY;
  }

  private static @Nullable NativeXxh3 link(String path) {
    SymbolLookup library = SymbolLookup.libraryLookup(path, Arena.global());
    // The one that looks at the processor is in builds for x86 only.
    MemorySegment symbol =
        library
            .find("XXH3_128bits_withSeed_dispatch")
            .or(() -> library.find("XXH3_128bits_withSeed"))
            .orElse(null);
    if (symbol == null) {
      return null;
    }
    // It neither blocks nor calls back and has at most a megabyte to read, so the array may stay
    // where it is on the heap.
    return new NativeXxh3(
        Linker.nativeLinker()
            .downcallHandle(
                symbol,
                FunctionDescriptor.of(MemoryLayout.structLayout(LONG, LONG), ADDRESS, LONG, LONG),
                Linker.Option.critical(true)));
  }

  void hash(MemorySegment data, long offset, int length, long seed, byte[] into, int at) {
    MemorySegment result = results.get();
    SegmentAllocator here = (size, alignment) -> result;
    MemorySegment range = data.asSlice(offset, length);
    try {
      MemorySegment value = (MemorySegment) function.invokeExact(here, range, (long) length, seed);
      Xxh3.put(into, at, value.get(LONG, Long.BYTES), value.get(LONG, 0));
    } catch (Throwable t) {
      throw new AssertionError("libxxhash could not be called", t);
    }
  }
}
