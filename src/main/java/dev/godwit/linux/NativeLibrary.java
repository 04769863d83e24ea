package dev.godwit.linux;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Loads a shared library out of the program's jar. It goes through a file in memory
 * (memfd_create(2)), so that nothing is left in a directory for temporary files and it does not
 * matter whether programs may be run from there. Each takes a descriptor for the life of the
 * process.
 */
public final class NativeLibrary {
  /** As the directories of libraries are called: {@code amd64} or {@code aarch64}. */
  public static final String PROCESSOR = System.getProperty("os.arch", "");

  private static final long MEMFD_CREATE = Syscall.number(319, 279);
  private static final long WRITE = Syscall.number(1, 64);
  private static final long CLOSE = Syscall.number(3, 57);
  private static final int MFD_CLOEXEC = 1;

  /** What a library is made into once it has a path. */
  @FunctionalInterface
  public interface Link<T> {
    /**
     * @param path that dlopen(3) finds it by, and no other library of this process
     * @return null when something is missing in it
     */
    @Nullable T link(String path);
  }

  private NativeLibrary() {}

  /**
   * @param resource its absolute name in the jar
   * @param name that it has in lists of mappings
   * @return null when this jar has none for this processor, or the system does not let it be loaded
   */
  public static <T> @Nullable T load(String resource, String name, Link<T> link) {
    byte[] library = read(resource);
    if (library == null) {
      return null;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment nameBytes = arena.allocateFrom(name, StandardCharsets.US_ASCII);
      long file = Syscall.call(MEMFD_CREATE, nameBytes.address(), MFD_CLOEXEC);
      if (file < 0) {
        return null;
      }
      MemorySegment content = arena.allocate(library.length);
      MemorySegment.copy(library, 0, content, ValueLayout.JAVA_BYTE, 0, library.length);
      if (!write(file, content)) {
        Syscall.call(CLOSE, file);
        return null;
      }
      // The descriptor stays open: dlopen(3) and the JVM know a library by its path, and take the
      // next one under the same number for this one.
      try {
        return link.link("/proc/self/fd/" + file);
      } catch (IllegalArgumentException | UnsatisfiedLinkError e) {
        return null; // such as a system that lets no such file be executed
      }
    }
  }

  private static byte @Nullable [] read(String resource) {
    try (InputStream in = NativeLibrary.class.getResourceAsStream(resource)) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      return null;
    }
  }

  private static boolean write(long file, MemorySegment content) {
    long done = 0;
    while (done < content.byteSize()) {
      long count =
          Syscall.restarting(WRITE, file, content.address() + done, content.byteSize() - done);
      if (count <= 0) {
        return false;
      }
      done += count;
    }
    return true;
  }
}
