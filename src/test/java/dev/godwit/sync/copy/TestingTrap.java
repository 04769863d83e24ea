package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;

/**
 * A local user who exchanges a name for a symbolic link that leads out of the tree, and back, all
 * the time. The link waits in a directory beside, so that nobody who copies can remove it; when
 * something else has come to the name, the next link is made.
 */
final class TestingTrap implements AutoCloseable {
  private static final byte[] LINK = Names.of("link");

  private final Thread thread;
  private volatile boolean stop;
  private volatile long swaps;

  /**
   * @param in the directory that the name is in
   * @param leads where the link leads to
   * @param beside a directory of the same file system
   */
  TestingTrap(Path in, String name, Path leads, Path beside) throws LinuxException {
    DirectoryHandle tree = DirectoryHandle.open(Names.of(in.toString()));
    DirectoryHandle traps = DirectoryHandle.open(Names.of(beside.toString()));
    byte[] text = Names.of(leads.toString());
    byte[] target = Names.of(name);
    traps.makeSymbolicLink(LINK, text);
    thread =
        Thread.ofPlatform()
            .name("testing-trap")
            .start(
                () -> {
                  try (tree;
                      traps) {
                    for (long i = 0; !stop; i++) {
                      swap(tree, target, traps, text, i);
                      LockSupport.parkNanos(i % 7 * 20_000);
                    }
                  }
                });
  }

  private void swap(
      DirectoryHandle tree, byte[] name, DirectoryHandle traps, byte[] text, long number) {
    try {
      traps.exchangeWith(LINK, tree, name);
      swaps++;
      LockSupport.parkNanos(number % 5 * 20_000);
      traps.exchangeWith(LINK, tree, name);
      if (!Objects.requireNonNull(traps.status(LINK)).isSymbolicLink()) {
        traps.rename(LINK, Names.of("old" + number));
        traps.makeSymbolicLink(LINK, text);
      }
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT) {
        throw new IllegalStateException(e);
      }
      Thread.yield(); // it is not there at this moment
    }
  }

  long swaps() {
    return swaps;
  }

  @Override
  public void close() throws InterruptedException {
    stop = true;
    thread.join();
  }
}
