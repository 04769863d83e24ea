package dev.godwit.forward;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
  /** Of a directory that somebody removes whenever it is empty. */
  private static final int ATTEMPTS = 100;

  /**
   * Notes something for this process.
   *
   * @param file its directory is made when it is not there
   */
  public static void write(Path file, String what) throws IOException {
    for (int i = 1; ; i++) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      try {
        Files.writeString(file, what + "\n" + ProcessIdentity.own() + "\n");
        return;
      } catch (NoSuchFileException e) {
        if (i == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** When there is nothing to be undone any more; the last one's directory goes too. */
  public static void remove(Path file) throws IOException {
    Files.deleteIfExists(file);
    try {
      Files.deleteIfExists(file.toAbsolutePath().getParent());
    } catch (DirectoryNotEmptyException e) {
      return; // there are others
    }
  }

  /** Those of a directory whose processes have ended; one that is half written is none yet. */
  public static List<Note> abandoned(Path directory) throws IOException {
    List<Note> abandoned = new ArrayList<>();
    for (Path file : files(directory)) {
      List<String> lines;
      try {
        lines = Files.readAllLines(file);
      } catch (NoSuchFileException e) {
        continue; // its process, which lives, has removed it at this moment
      }
      if (lines.size() == 2 && !ProcessIdentity.isLiving(lines.get(1))) {
        abandoned.add(new Note(file, lines.getFirst()));
      }
    }
    return abandoned;
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }
}
