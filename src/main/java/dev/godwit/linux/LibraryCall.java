package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * A call of a function of the C library that is more than a system call: a look-up of accounts,
 * which goes wherever nsswitch.conf(5) says, or a change of identity, which the library carries out
 * in every thread of the process. One shape for all: up to six arguments, each an integer or an
 * address, and an {@code int} for an answer.
 */
final class LibraryCall {
  private static final MethodHandle CALL;

  static {
    ValueLayout.OfLong l = ValueLayout.JAVA_LONG;
    CALL =
        Linker.nativeLinker()
            .downcallHandle(
                FunctionDescriptor.of(ValueLayout.JAVA_INT, l, l, l, l, l, l),
                Linker.Option.captureCallState("errno"));
  }

  private final String name;
  private final MemorySegment function;

  LibraryCall(String name) {
    this.name = name;
    this.function = Linker.nativeLinker().defaultLookup().find(name).orElseThrow();
  }

  String name() {
    return name;
  }

  /** What the function returned. */
  int returned(long a, long b, long c, long d, long e) {
    return returned(a, b, c, d, e, 0);
  }

  int returned(long a, long b, long c, long d, long e, long f) {
    try (Arena arena = Arena.ofConfined()) {
      return invoke(arena.allocate(8, 8), a, b, c, d, e, f);
    }
  }

  /**
   * For a function that says 0 or -1.
   *
   * @throws LinuxException with its errno, when it said -1
   */
  void checked(String object, long a, long b, long c) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(8, 8);
      if (invoke(state, a, b, c, 0, 0, 0) != 0) {
        throw new LinuxException(name, object, state.get(ValueLayout.JAVA_INT, 0));
      }
    }
  }

  private int invoke(MemorySegment state, long a, long b, long c, long d, long e, long f) {
    try {
      return (int) CALL.invokeExact(function, state, a, b, c, d, e, f);
    } catch (Throwable t) {
      throw new AssertionError(name + " could not be called", t);
    }
  }
}
