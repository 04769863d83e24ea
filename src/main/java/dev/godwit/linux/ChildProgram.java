package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Another program beside this one, with arguments that are bytes, as names are (H4): what Java
 * starts gets text in the encoding of the locale, in which not every name can be said.
 *
 * <p>It has this process's environment and working directory, a session of its own, nothing to
 * read, and one pipe for both of its outputs; no other descriptor of this process (posix_spawn(3)).
 * Any thread; {@link #await} is called once.
 */
public final class ChildProgram {
  private static final LibraryCall SPAWN = new LibraryCall("posix_spawn");
  private static final LibraryCall ACTIONS = new LibraryCall("posix_spawn_file_actions_init");
  private static final LibraryCall ADD_OPEN = new LibraryCall("posix_spawn_file_actions_addopen");
  private static final LibraryCall ADD_DUP2 = new LibraryCall("posix_spawn_file_actions_adddup2");
  private static final LibraryCall ADD_CLOSE = new LibraryCall("posix_spawn_file_actions_addclose");
  private static final LibraryCall END_ACTIONS =
      new LibraryCall("posix_spawn_file_actions_destroy");
  private static final LibraryCall ATTRIBUTES = new LibraryCall("posix_spawnattr_init");
  private static final LibraryCall SET_FLAGS = new LibraryCall("posix_spawnattr_setflags");
  private static final LibraryCall SET_MASK = new LibraryCall("posix_spawnattr_setsigmask");
  private static final LibraryCall END_ATTRIBUTES = new LibraryCall("posix_spawnattr_destroy");

  /** Java's threads block signals that the program may want. */
  private static final int POSIX_SPAWN_SETSIGMASK = 0x08;

  private static final int POSIX_SPAWN_SETSID = 0x80;

  /**
   * So many descriptors may be opened by other threads before the program runs; the kernel gives
   * the lowest numbers that are free. A socket that stays open in the program would keep whoever
   * asked this process for something waiting for its end.
   */
  private static final int OPENED_MEANWHILE_MAX = 256;

  /** More than either structure and a set of signals takes in any C library. */
  private static final int STRUCTURE_BYTES = 1024;

  private static final long WAITID = Syscall.number(247, 95);
  private static final long WAIT4 = Syscall.number(61, 260);
  private static final long KILL = Syscall.number(62, 129);
  private static final long P_PID = 1;
  private static final long WEXITED = 4;
  private static final long WNOWAIT = 0x0100_0000;
  private static final long SIGKILL = 9;

  private final int pid;
  private final PipeInput output;
  private boolean hasEnded;

  private ChildProgram(int pid, PipeInput output) {
    this.pid = pid;
    this.output = output;
  }

  /**
   * Starts a program.
   *
   * @param path the program's file; no search is made
   * @param arguments the first is the program's name
   * @throws LinuxException ENOENT, EACCES and others of execve(2): it does not run
   */
  public static ChildProgram start(byte[] path, List<byte[]> arguments) throws LinuxException {
    int[] pipe = Pipe.blocking();
    try (Arena arena = Arena.ofConfined()) {
      return new ChildProgram(spawn(arena, path, arguments, pipe[1]), new PipeInput(pipe[0]));
    } catch (LinuxException e) {
      Sockets.close(pipe[0]);
      throw e;
    } finally {
      Sockets.close(pipe[1]);
    }
  }

  private static int spawn(Arena arena, byte[] path, List<byte[]> arguments, int output)
      throws LinuxException {
    String shown = Names.display(path);
    long actions = arena.allocate(STRUCTURE_BYTES, 16).address();
    long attributes = arena.allocate(STRUCTURE_BYTES, 16).address();
    check(ACTIONS, shown, actions, 0, 0, 0);
    try {
      long nothing = arena.allocateFrom("/dev/null").address();
      check(ADD_OPEN, shown, actions, 0, nothing, OpenFlags.O_RDONLY);
      check(ADD_DUP2, shown, actions, output, 1, 0);
      check(ADD_DUP2, shown, actions, output, 2, 0);
      int last = highestDescriptor() + OPENED_MEANWHILE_MAX;
      for (int descriptor = 3; descriptor <= last; descriptor++) {
        check(ADD_CLOSE, shown, actions, descriptor, 0, 0);
      }
      check(ATTRIBUTES, shown, attributes, 0, 0, 0);
      try {
        int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID;
        check(SET_FLAGS, shown, attributes, flags, 0, 0);
        long none = arena.allocate(STRUCTURE_BYTES, 16).address();
        check(SET_MASK, shown, attributes, none, 0, 0);
        MemorySegment pid = arena.allocate(ValueLayout.JAVA_INT);
        int errno =
            SPAWN.returned(
                pid.address(),
                Program.text(arena, path).address(),
                actions,
                attributes,
                Program.texts(arena, arguments).address(),
                environment());
        if (errno != 0) {
          throw new LinuxException(SPAWN.name(), shown, errno);
        }
        return pid.get(ValueLayout.JAVA_INT, 0);
      } finally {
        check(END_ATTRIBUTES, shown, attributes, 0, 0, 0);
      }
    } finally {
      check(END_ACTIONS, shown, actions, 0, 0, 0);
    }
  }

  /**
   * Up to there are the descriptors of this process, which Java does not all mark to be closed by
   * execve(2). To close one that is not open is no error here.
   */
  private static int highestDescriptor() throws LinuxException {
    int highest = 2;
    try (DirectoryHandle directory = DirectoryHandle.open(Names.of("/proc/self/fd"))) {
      for (DirectoryEntry entry : directory.entries()) {
        highest = Math.max(highest, Integer.parseInt(Names.display(entry.name())));
      }
    }
    return highest;
  }

  /** These functions return an errno, or 0. */
  private static void check(LibraryCall call, String object, long a, long b, long c, long d)
      throws LinuxException {
    int errno = call.returned(a, b, c, d, 0);
    if (errno != 0) {
      throw new LinuxException(call.name(), object, errno);
    }
  }

  /** The address of the list that the C library keeps (environ(7)). */
  private static long environment() {
    SymbolLookup lookup = Linker.nativeLinker().defaultLookup();
    return lookup.find("environ").orElseThrow().reinterpret(8).get(ValueLayout.JAVA_LONG, 0);
  }

  /** What it says on both outputs; ends when all who hold the other end have closed it. */
  public PipeInput output() {
    return output;
  }

  /**
   * Waits for its end; blocks, so it is for a platform thread.
   *
   * @return its exit status; 128 + the signal's number when a signal ended it
   */
  public int await() throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      // Its number is its own until it is reaped, so it can be killed until then.
      LinuxException.check(
          Syscall.restarting(WAITID, P_PID, pid, 0, WEXITED | WNOWAIT, 0, 0), "waitid", "");
      MemorySegment status = arena.allocate(ValueLayout.JAVA_INT);
      synchronized (this) {
        LinuxException.check(Syscall.restarting(WAIT4, pid, status.address(), 0, 0), "wait4", "");
        hasEnded = true;
      }
      int value = status.get(ValueLayout.JAVA_INT, 0);
      int signal = value & 0x7f;
      return signal == 0 ? value >> 8 & 0xff : 128 + signal;
    }
  }

  /** Kills it, with all of its session that made no other group; nothing when it has ended. */
  public synchronized void kill() {
    if (!hasEnded) {
      Syscall.call(KILL, -pid, SIGKILL);
    }
  }
}
