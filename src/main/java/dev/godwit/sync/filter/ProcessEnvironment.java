package dev.godwit.sync.filter;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The variables that this process was started with, as bytes (proc(5), /proc/PID/environ): a path
 * in one of them need not be text (H4).
 */
final class ProcessEnvironment implements FilterSettings.Environment {
  static final ProcessEnvironment INSTANCE = new ProcessEnvironment();

  private static final int BYTES_MAX = 16 << 20;

  private ProcessEnvironment() {}

  @Override
  public byte @Nullable [] value(String name) throws FilterException {
    byte[] all;
    try (DirectoryHandle self = DirectoryHandle.open(Names.of("/proc/self"))) {
      all = RuleFiles.read(self, Names.of("environ"), BYTES_MAX, "/proc/self/environ");
    } catch (LinuxException e) {
      String text = System.getenv(name);
      if (text != null || e.errno() == Errno.EACCES) {
        // A process that has changed its user may not read its own.
        return text == null ? null : Names.of(text);
      }
      throw new FilterException(
          FilterException.FILE, "the variable " + name + " cannot be read: " + e.getMessage());
    }
    return all == null ? null : find(all, Names.of(name + "="));
  }

  private static byte @Nullable [] find(byte[] all, byte[] head) {
    int from = 0;
    while (from < all.length) {
      int to = from;
      while (to < all.length && all[to] != 0) {
        to++;
      }
      if (to - from >= head.length
          && Arrays.equals(all, from, from + head.length, head, 0, head.length)) {
        return Arrays.copyOfRange(all, from + head.length, to);
      }
      from = to + 1;
    }
    return null;
  }
}
