package dev.godwit.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An agent's folder as a far host has it after the first connection. {@code ./verify} has the
 * bootstrap fill one, and names it with the property {@code godwit.agent.folder}; where a test is
 * not about the first connection, its hosts begin with a copy, and each saves the upload and some
 * seconds for a cache. Without the property they begin with nothing, which is as good.
 */
public final class TestingAgentFolder {
  private TestingAgentFolder() {}

  /** The environment of far sessions whose agent is in this folder, which is filled. */
  public static Map<String, String> filled(Path folder) throws IOException {
    fill(folder);
    return Map.of("GODWIT_AGENT_FOLDER", folder.toString());
  }

  /** Fills the folder. */
  public static void fill(Path folder) throws IOException {
    String ready = System.getProperty("godwit.agent.folder");
    if (ready == null) {
      return;
    }
    Path parent = folder.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    // The machine may have one of its own.
    if (Files.notExists(folder)) {
      Files.createDirectory(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    try (Stream<Path> files = Files.list(Path.of(ready))) {
      for (Path file : files.toList()) {
        // Java takes a cache only for a jar with the time that it had then.
        Files.copy(
            file,
            folder.resolve(String.valueOf(file.getFileName())),
            StandardCopyOption.COPY_ATTRIBUTES,
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }
}
