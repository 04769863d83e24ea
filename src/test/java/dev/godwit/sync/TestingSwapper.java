package dev.godwit.sync;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import java.nio.file.Path;

/** A local user who exchanges a directory and a symbolic link all the time. */
public final class TestingSwapper implements AutoCloseable {
  private final Thread thread;
  private volatile boolean stop;
  public volatile long swaps;

  public TestingSwapper(Path folder, String one, String other) throws LinuxException {
    DirectoryHandle handle = DirectoryHandle.open(Names.of(folder.toString()));
    thread =
        Thread.ofPlatform()
            .name("testing-swapper")
            .start(
                () -> {
                  try (handle) {
                    while (!stop) {
                      try {
                        handle.exchange(Names.of(one), Names.of(other));
                        swaps++;
                      } catch (LinuxException e) {
                        Thread.yield(); // one of them was just replaced
                      }
                    }
                  }
                });
  }

  @Override
  public void close() throws InterruptedException {
    stop = true;
    thread.join();
  }
}
