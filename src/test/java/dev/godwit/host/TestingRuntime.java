package dev.godwit.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** What a test's move has kept on this machine. */
public final class TestingRuntime {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private TestingRuntime() {}

  /** Removes all of it: nobody sleeps through the end of a test. */
  public static void remove(String move) throws IOException, InterruptedException {
    RuntimeDirectory.remove(move, LIMIT);
    Path ended = KeptDirectory.ended(RuntimeDirectory.OF_ROOT.resolve(move)).orElseThrow();
    Files.deleteIfExists(ended);
    Path folder = ended.getParent();
    if (folder != null) {
      KeptDirectory.removeIfEmpty(folder);
    }
  }
}
