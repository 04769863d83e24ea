package dev.godwit.forward;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process may open, and where what all gates and landings of a host share is kept. */
final class Limits {
  /** For the program itself, its listeners and 32 pipes. */
  private static final int RESERVED = 512;

  private static final int GUESTS_MAX = 50_000;

  private Limits() {}

  /** Connections for which there are descriptors: two each (H51). */
  static int guests() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/limits"))) {
      if (line.startsWith("Max open files")) {
        String soft = line.substring("Max open files".length()).strip().split("\\s+")[0];
        if (soft.equals("unlimited")) {
          return GUESTS_MAX;
        }
        return (int) Math.clamp((Long.parseLong(soft) - RESERVED) / 2, 16, GUESTS_MAX);
      }
    }
    return 1024;
  }

  static Path sharedDirectory(Path stateDirectory) {
    Path parent = stateDirectory.toAbsolutePath().getParent();
    return (parent == null ? stateDirectory : parent).resolve(".transparent");
  }
}
