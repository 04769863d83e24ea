package dev.godwit.forward;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A file that says what a process has changed on this host, written before it does, so that another
 * one can undo it after a kill.
 *
 * @param what one line; the next one is the process, as {@link ProcessIdentity#own}
 */
public record Note(Path file, String what) {
  /** Notes something for this process. */
  public static void write(Path file, String what) throws IOException {
    Files.writeString(file, what + "\n" + ProcessIdentity.own() + "\n");
  }

  /** Those of a directory whose processes have ended; one that is half written is none yet. */
  public static List<Note> abandoned(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    List<Note> abandoned = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        List<String> lines = Files.readAllLines(file);
        if (lines.size() == 2 && !ProcessIdentity.isLiving(lines.get(1))) {
          abandoned.add(new Note(file, lines.getFirst()));
        }
      }
    }
    return abandoned;
  }
}
