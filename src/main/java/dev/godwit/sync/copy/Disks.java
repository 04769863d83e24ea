package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The file systems that a session writes to, each with a handle that was open before the first
 * write: syncfs(2) on it tells every write error since (kernel 5.8). An error is never asked for
 * twice: the kernel forgets it, the data is lost all the same (H8).
 */
final class Disks implements AutoCloseable {
  private static final int MAX = 256;

  private final Map<Long, DirectoryHandle> handles = new HashMap<>();
  private @Nullable LinuxException lost;

  /** Something in this directory may be written from now on. */
  synchronized void touched(long device, DirectoryHandle directory) throws LinuxException {
    if (handles.containsKey(device)) {
      return;
    }
    if (handles.size() == MAX) {
      throw new LinuxException("openat", "", Errno.EMFILE);
    }
    handles.put(device, directory.beneath(new byte[0]));
  }

  /**
   * Waits until everything is on disk.
   *
   * @throws LinuxException also at every later call once there was an error
   */
  synchronized void sync() throws LinuxException {
    for (DirectoryHandle handle : handles.values()) {
      try {
        handle.syncFileSystem();
      } catch (LinuxException e) {
        lost = e;
      }
    }
    if (lost != null) {
      throw lost;
    }
  }

  @Override
  public synchronized void close() {
    handles.values().forEach(DirectoryHandle::close);
  }
}
