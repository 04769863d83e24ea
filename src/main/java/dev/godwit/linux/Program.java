package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Another program in place of this one: execve(2). */
public final class Program {
  private static final long EXECVE = Syscall.number(59, 221);

  private Program() {}

  /**
   * Ends this program, all of its threads included, and runs another one as the same process: with
   * its standard streams, its directory and its number. Returns only by an exception.
   *
   * @param path the program's file; no search is made
   * @param arguments the first is the program's name
   * @param environment each as NAME=VALUE
   * @throws LinuxException ENOENT and others of execve(2); nothing has changed then
   */
  public static void become(byte[] path, List<byte[]> arguments, List<byte[]> environment)
      throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      LinuxException.check(
          Syscall.call(
              EXECVE,
              text(arena, path).address(),
              texts(arena, arguments).address(),
              texts(arena, environment).address()),
          "execve",
          Names.display(path));
    }
  }

  static MemorySegment text(Arena arena, byte[] bytes) {
    MemorySegment text = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, text, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return text;
  }

  /** A list that ends with a null pointer. */
  static MemorySegment texts(Arena arena, List<byte[]> all) {
    MemorySegment list = arena.allocate(ValueLayout.JAVA_LONG, all.size() + 1L);
    for (int i = 0; i < all.size(); i++) {
      list.setAtIndex(ValueLayout.JAVA_LONG, i, text(arena, all.get(i)).address());
    }
    return list;
  }
}
