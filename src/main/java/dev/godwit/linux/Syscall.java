package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;
import java.nio.IntBuffer;

/**
 * One downcall for every system call: {@code syscall(2)} with six longs.
 *
 * <p>A single shape keeps start-up short (one stub is linked instead of one per call) and lets
 * every caller pass addresses of native memory that it already holds. A foreign call pins a virtual
 * thread's carrier, so a call that can block belongs on a platform thread.
 */
public final class Syscall {
  private static final MethodHandle SYSCALL;

  /** Room for errno, as the linker wants it, and a view of it that needs no linking. */
  static final class CallState {
    private final MemorySegment room = Arena.ofAuto().allocate(8, 8);
    private final IntBuffer errno =
        room.asByteBuffer().order(ByteOrder.nativeOrder()).asIntBuffer();
  }

  private static final ThreadLocal<CallState> CALL_STATE = ThreadLocal.withInitial(CallState::new);

  static {
    Linker linker = Linker.nativeLinker();
    ValueLayout.OfLong l = ValueLayout.JAVA_LONG;
    SYSCALL =
        linker.downcallHandle(
            linker.defaultLookup().find("syscall").orElseThrow(),
            FunctionDescriptor.of(l, l, l, l, l, l, l, l),
            Linker.Option.firstVariadicArg(1),
            Linker.Option.captureCallState("errno"));
  }

  private Syscall() {}

  /**
   * Makes the call once.
   *
   * @return what the kernel returned, or {@code -errno} when the call failed; callers that have
   *     nothing special to do with an errno pass the result to {@link LinuxException#check}
   */
  public static long call(long number, long a, long b, long c, long d, long e, long f) {
    CallState state =
        Thread.currentThread() instanceof CallThread thread ? thread.callState : CALL_STATE.get();
    try {
      long result = (long) SYSCALL.invokeExact(state.room, number, a, b, c, d, e, f);
      return result == -1 ? -state.errno.get(0) : result;
    } catch (Throwable t) {
      throw new AssertionError("syscall " + number + " could not be made", t);
    }
  }

  public static long call(long number, long a, long b, long c, long d) {
    return call(number, a, b, c, d, 0, 0);
  }

  public static long call(long number, long a, long b, long c) {
    return call(number, a, b, c, 0, 0, 0);
  }

  public static long call(long number, long a, long b) {
    return call(number, a, b, 0, 0, 0, 0);
  }

  public static long call(long number, long a) {
    return call(number, a, 0, 0, 0, 0, 0);
  }

  /**
   * As {@link #call}, made again while a signal interrupts it (EINTR): a file system in user space
   * or over a network may answer so to any call (signal(7)). Not for close(2), after which the
   * descriptor is gone in any case, nor for fsync(2), which tells an error once.
   */
  public static long restarting(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    do {
      result = call(number, a, b, c, d, e, f);
    } while (result == -Errno.EINTR);
    return result;
  }

  public static long restarting(long number, long a, long b, long c, long d) {
    return restarting(number, a, b, c, d, 0, 0);
  }

  public static long restarting(long number, long a, long b, long c) {
    return restarting(number, a, b, c, 0, 0, 0);
  }

  public static long restarting(long number, long a, long b) {
    return restarting(number, a, b, 0, 0, 0, 0);
  }

  /**
   * A system call's number on this processor.
   *
   * @throws UnsupportedOperationException on a processor other than x86_64 and aarch64
   */
  public static long number(int x86_64, int aarch64) {
    return switch (Processor.CURRENT) {
      case X86_64 -> x86_64;
      case AARCH64 -> aarch64;
    };
  }

  private enum Processor {
    X86_64,
    AARCH64;

    static final Processor CURRENT =
        switch (System.getProperty("os.arch")) {
          case "amd64" -> X86_64;
          case "aarch64" -> AARCH64;
          default ->
              throw new UnsupportedOperationException(
                  "Godwit runs on x86_64 and aarch64, this is " + System.getProperty("os.arch"));
        };
  }
}
