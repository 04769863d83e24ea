package dev.godwit.sync.copy;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Syscall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Lets the kernel refuse a system call to this process from now on, in all of its threads
 * (seccomp(2)): for calls that strace(1) has no name for. It cannot be taken back.
 */
final class TestingCallFilter {
  private static final long SECCOMP = Syscall.number(317, 277);
  private static final int SET_MODE_FILTER = 1;
  private static final int FOR_ALL_THREADS = 1; // SECCOMP_FILTER_FLAG_TSYNC

  private static final int RETURN_ERROR = 0x0005_0000; // SECCOMP_RET_ERRNO
  private static final int RETURN_ALLOW = 0x7fff_0000;

  private static final short LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
  private static final short JUMP_IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
  private static final short RETURN = 0x06; // BPF_RET | BPF_K

  private TestingCallFilter() {}

  /**
   * @param call the number of the system call
   * @param errno what it fails with
   */
  static void refuse(int call, int errno) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment program = arena.allocate(4 * 8, 8);
      instruction(
          program, 0, LOAD_WORD, 0, 0); // the number is what struct seccomp_data begins with
      instruction(program, 1, JUMP_IF_EQUAL, 1, call);
      instruction(program, 2, RETURN, 0, RETURN_ERROR | errno);
      instruction(program, 3, RETURN, 0, RETURN_ALLOW);
      MemorySegment filter = arena.allocate(16, 8); // struct sock_fprog
      filter.set(ValueLayout.JAVA_SHORT, 0, (short) 4);
      filter.set(ValueLayout.JAVA_LONG, 8, program.address());
      LinuxException.check(
          Syscall.call(SECCOMP, SET_MODE_FILTER, FOR_ALL_THREADS, filter.address()), "seccomp", "");
    }
  }

  /**
   * @param skippedIfNot how many instructions are passed over where a comparison says no
   */
  private static void instruction(
      MemorySegment program, int index, short code, int skippedIfNot, int value) {
    int at = 8 * index;
    program.set(ValueLayout.JAVA_SHORT, at, code);
    program.set(ValueLayout.JAVA_BYTE, at + 2, (byte) 0);
    program.set(ValueLayout.JAVA_BYTE, at + 3, (byte) skippedIfNot);
    program.set(ValueLayout.JAVA_INT, at + 4, value);
  }
}
