package dev.godwit.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Takes an ext4 down as it is: what has not been written out is forgotten. Without that, unmounting
 * would write gigabytes to a file that is deleted next.
 */
final class Discard {
  /** EXT4_IOC_SHUTDOWN of linux/ext4.h: _IOR('X', 125, __u32). */
  private static final long SHUTDOWN = 0x8004587dL;

  /** EXT4_GOING_FLAGS_NOLOGFLUSH: not even the journal. */
  private static final int NO_LOG_FLUSH = 2;

  private static final int READ_DIRECTORY = 0200000;

  private Discard() {}

  /** The file system that is mounted there, which may only be unmounted afterwards. */
  static void dirtyPages(Path mountPoint) throws IOException {
    Linker linker = Linker.nativeLinker();
    FunctionDescriptor three =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);
    MethodHandle ioctl =
        linker.downcallHandle(symbol("ioctl"), three, Linker.Option.firstVariadicArg(2));
    MethodHandle open =
        linker.downcallHandle(
            symbol("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    MethodHandle close =
        linker.downcallHandle(
            symbol("close"), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(mountPoint.toString());
      int descriptor = (int) open.invokeExact(name, READ_DIRECTORY);
      MemorySegment flags = arena.allocateFrom(ValueLayout.JAVA_INT, NO_LOG_FLUSH);
      int failed = (int) ioctl.invokeExact(descriptor, SHUTDOWN, flags);
      int notClosed = (int) close.invokeExact(descriptor);
      if (failed != 0 || notClosed != 0) {
        throw new IOException("unable to shut down the ext4 at " + mountPoint);
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException("unable to call into the C library", e);
    }
  }

  private static MemorySegment symbol(String name) {
    SymbolLookup library = Linker.nativeLinker().defaultLookup();
    return library.find(name).orElseThrow();
  }
}
