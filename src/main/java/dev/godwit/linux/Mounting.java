package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Changes what is mounted in the mount namespace of this process: mount(2), umount2(2),
 * pivot_root(2). Only for a process that has a namespace of its own.
 */
public final class Mounting {
  public static final long READ_ONLY = 1;
  public static final long NO_SUID = 2;
  public static final long NO_DEVICES = 4;
  private static final long REMOUNT = 32;
  private static final long BIND = 4096;
  private static final long RECURSIVE = 16384;
  private static final long MNT_DETACH = 2;

  private static final long MOUNT = Syscall.number(165, 40);
  private static final long UMOUNT2 = Syscall.number(166, 39);
  private static final long PIVOT_ROOT = Syscall.number(155, 41);
  private static final long CHDIR = Syscall.number(80, 49);

  private Mounting() {}

  /**
   * Mounts a file system.
   *
   * @param source shown in the list of mounts, unless the type has a device
   * @param options as after mount(8)'s {@code -o}, without those that are flags
   */
  public static void mount(String type, String source, byte[] target, long flags, String options)
      throws LinuxException {
    call(Names.of(source), target, type, flags, options);
  }

  /** Shows a directory or file at another place too, without what is mounted below it. */
  public static void bind(byte[] source, byte[] target) throws LinuxException {
    call(source, target, null, BIND, null);
  }

  /** As {@link #bind}, with what is mounted below it. */
  public static void bindAll(byte[] source, byte[] target) throws LinuxException {
    call(source, target, null, BIND | RECURSIVE, null);
  }

  /** Makes one mount read-only here, whatever it is elsewhere. */
  public static void makeReadOnly(byte[] target) throws LinuxException {
    call(Names.of("none"), target, null, REMOUNT | BIND | READ_ONLY, null);
  }

  private static void call(
      byte[] source, byte[] target, @Nullable String type, long flags, @Nullable String options)
      throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      LinuxException.check(
          Syscall.call(
              MOUNT,
              text(arena, source),
              text(arena, target),
              type == null ? 0 : text(arena, Names.of(type)),
              flags,
              options == null ? 0 : text(arena, Names.of(options)),
              0),
          "mount",
          Names.display(target));
    }
  }

  /** Takes a mount away; what still uses it keeps it until it ends. */
  public static void detach(byte[] target) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      LinuxException.check(
          Syscall.call(UMOUNT2, text(arena, target), MNT_DETACH), "umount", Names.display(target));
    }
  }

  /**
   * Makes a mount the root of all processes of this namespace, and goes to it. The old root goes
   * with all that is mounted below it.
   *
   * @param root a mount point with an empty directory {@code oldRoot}
   * @param oldRoot one name
   */
  public static void changeRoot(byte[] root, String oldRoot) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      String shown = Names.display(root);
      LinuxException.check(Syscall.call(CHDIR, text(arena, root)), "chdir", shown);
      LinuxException.check(
          Syscall.call(PIVOT_ROOT, text(arena, Names.of(".")), text(arena, Names.of(oldRoot))),
          "pivot_root",
          shown);
      LinuxException.check(Syscall.call(CHDIR, text(arena, Names.of("/"))), "chdir", "/");
    }
    detach(Names.of("/" + oldRoot));
  }

  private static long text(Arena arena, byte[] bytes) {
    MemorySegment text = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, text, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return text.address();
  }
}
