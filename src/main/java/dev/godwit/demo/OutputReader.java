package dev.godwit.demo;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Takes what a process writes, so that it never waits for its reader; keeps a bounded part. */
final class OutputReader {
  private static final int KEPT_BYTES_MAX = 4 << 20;

  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final Thread thread;

  OutputReader(String name, InputStream in) {
    thread = new Thread(() -> drain(in), name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Everything that was written, once the stream has ended (or a second has gone). */
  String text() throws InterruptedException {
    thread.join(1000); // a daemon the command left behind may hold the pipe open
    synchronized (kept) {
      return kept.toString(StandardCharsets.UTF_8);
    }
  }

  private void drain(InputStream in) {
    byte[] buffer = new byte[8192];
    try (in) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        synchronized (kept) {
          kept.write(buffer, 0, Math.min(n, KEPT_BYTES_MAX - kept.size()));
        }
      }
    } catch (IOException e) {
      // The process was ended.
    }
  }
}
