package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;

/**
 * The start of a program, halted: a child that has a copy of each descriptor of this process, as
 * each child has until its exec, and waits there for somebody to open a fifo for writing.
 */
public final class TestingStart {
  private static final long STRUCTURE_BYTES = 1024;

  private TestingStart() {}

  /** Returns when the program has been started, so call it on a thread of its own. */
  public static int begin(Path fifo) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      long actions = arena.allocate(STRUCTURE_BYTES, 16).address();
      new LibraryCall("posix_spawn_file_actions_init").returned(actions, 0, 0, 0, 0);
      long path = Program.text(arena, Names.of(fifo.toString())).address();
      new LibraryCall("posix_spawn_file_actions_addopen")
          .returned(actions, 0, path, OpenFlags.O_RDONLY, 0);
      MemorySegment pid = arena.allocate(ValueLayout.JAVA_INT);
      byte[] program = Names.of("/bin/cat"); // ends with the fifo's last writer
      int errno =
          new LibraryCall("posix_spawn")
              .returned(
                  pid.address(),
                  Program.text(arena, program).address(),
                  actions,
                  0,
                  Program.texts(arena, List.of(program)).address(),
                  Program.texts(arena, List.of()).address());
      new LibraryCall("posix_spawn_file_actions_destroy").returned(actions, 0, 0, 0, 0);
      if (errno != 0) {
        throw new LinuxException("posix_spawn", "/bin/cat", errno);
      }
      return pid.get(ValueLayout.JAVA_INT, 0);
    }
  }
}
