package dev.godwit.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * SHA-256 of OpenSSL's libcrypto, which every host has that has ssh: it takes the instructions that
 * the processor has for it from the first call on. Java's own does so in what its second compiler
 * has made, and most of Godwit's processes do without that one: a twelfth of the speed.
 *
 * <p>The functions are those that work on a structure of the caller, {@code SHA256_Init}, {@code
 * SHA256_Update} and {@code SHA256_Final} (SHA256_Init(3)): no more of the library is set up, no
 * configuration read, and nothing is to be given back. One thread at a time.
 */
final class NativeSha256 extends MessageDigest {
  private static final int BYTES = 32;

  /** Of {@code SHA256_CTX}: 8 + 2 + 16 + 2 words; some more would do no harm. */
  private static final int CONTEXT_BYTES = 128;

  /** For so long the collector of garbage may have to wait, less than a millisecond. */
  private static final int CALL_BYTES_MAX = 256 * 1024;

  /** Of OpenSSL 3, 1.1 and 1.0, the last also as some distributions call it. */
  private static final List<String> NAMES =
      List.of("libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so.1.0.0", "libcrypto.so.10");

  private static final Path FIPS = Path.of("/proc/sys/crypto/fips_enabled");

  /** Looked for once, when the first one asks. */
  private static final class Holder {
    static final @Nullable Library LIBRARY = Library.find();
  }

  /** The three functions. */
  static final class Library {
    /**
     * One shape for all, the longest: {@code int (void *, const void *, size_t)}. What a function
     * does not take it leaves in a register. None blocks, calls back or takes longer than {@link
     * #CALL_BYTES_MAX} do, so arrays may stay where they are on the heap.
     */
    private static final MethodHandle CALL =
        Linker.nativeLinker()
            .downcallHandle(
                FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG),
                Linker.Option.critical(true));

    private final MemorySegment init;
    private final MemorySegment update;
    private final MemorySegment end;

    private Library(MemorySegment init, MemorySegment update, MemorySegment end) {
      this.init = init;
      this.update = update;
      this.end = end;
    }

    /** Null where there is none, or none that may be used and is right. */
    static @Nullable Library find() {
      // Where this is wanted, older versions end the process that calls these functions.
      if (isFips()) {
        return null;
      }
      for (String name : NAMES) {
        SymbolLookup symbols;
        try {
          symbols = SymbolLookup.libraryLookup(name, Arena.global());
        } catch (IllegalArgumentException e) {
          continue; // not on this host
        }
        Optional<MemorySegment> init = symbols.find("SHA256_Init");
        Optional<MemorySegment> update = symbols.find("SHA256_Update");
        Optional<MemorySegment> end = symbols.find("SHA256_Final");
        if (init.isPresent() && update.isPresent() && end.isPresent() && !isFips(symbols)) {
          Library library = new Library(init.get(), update.get(), end.get());
          return library.isRight() ? library : null;
        }
      }
      return null;
    }

    private static boolean isFips() {
      try {
        return Files.exists(FIPS) && !Files.readString(FIPS).strip().equals("0");
      } catch (IOException e) {
        return true; // nobody knows
      }
    }

    /** Whether this library has been told so by its own configuration. */
    private static boolean isFips(SymbolLookup symbols) {
      Optional<MemorySegment> mode = symbols.find("FIPS_mode"); // none in OpenSSL 3
      return mode.isPresent() && call(mode.get(), MemorySegment.NULL, MemorySegment.NULL, 0) != 0;
    }

    /** Whether it says what Java says, of what takes more than one block. */
    private boolean isRight() {
      byte[] text = "godwit ".repeat(100).getBytes(StandardCharsets.US_ASCII);
      return isEqual(new NativeSha256(this).digest(text), Sha256.ofJava().digest(text));
    }

    private void begin(MemorySegment context) {
      check(call(init, context, MemorySegment.NULL, 0), "SHA256_Init");
    }

    private void update(MemorySegment context, MemorySegment data) {
      check(call(update, context, data, data.byteSize()), "SHA256_Update");
    }

    private void end(MemorySegment into, MemorySegment context) {
      check(call(end, into, context, 0), "SHA256_Final");
    }

    private static int call(MemorySegment function, MemorySegment a, MemorySegment b, long c) {
      try {
        return (int) CALL.invokeExact(function, a, b, c);
      } catch (Throwable t) {
        throw new AssertionError("libcrypto could not be called", t);
      }
    }

    /** They have no reason to fail, and say 1. */
    private static void check(int returned, String name) {
      if (returned != 1) {
        throw new IllegalStateException(name + " of libcrypto returned " + returned);
      }
    }
  }

  private final Library library;
  private final MemorySegment context = MemorySegment.ofArray(new byte[CONTEXT_BYTES]);
  private final byte[] single = new byte[1];

  NativeSha256(Library library) {
    super("SHA-256");
    this.library = library;
    library.begin(context);
  }

  /** Null where there is none. */
  static @Nullable Library library() {
    return Holder.LIBRARY;
  }

  @Override
  protected int engineGetDigestLength() {
    return BYTES;
  }

  @Override
  protected void engineUpdate(byte input) {
    single[0] = input;
    engineUpdate(single, 0, 1);
  }

  @Override
  protected void engineUpdate(byte[] input, int offset, int length) {
    MemorySegment all = MemorySegment.ofArray(input);
    for (int done = 0; done < length; ) {
      int count = Math.min(length - done, CALL_BYTES_MAX);
      library.update(context, all.asSlice((long) offset + done, count));
      done += count;
    }
  }

  @Override
  protected byte[] engineDigest() {
    byte[] sum = new byte[BYTES];
    library.end(MemorySegment.ofArray(sum), context);
    engineReset();
    return sum;
  }

  @Override
  protected int engineDigest(byte[] into, int offset, int length) throws DigestException {
    if (length < BYTES) {
      throw new DigestException("a SHA-256 has " + BYTES + " bytes, there is room for " + length);
    }
    System.arraycopy(engineDigest(), 0, into, offset, BYTES);
    return BYTES;
  }

  @Override
  protected void engineReset() {
    library.begin(context);
  }
}
