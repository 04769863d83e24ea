package dev.godwit.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Who holds the lock of flock(2) on a file ({@link Handle#tryLock}), for people: proc(5),
 * /proc/locks. The file is known by its number and by what the process has open, for of some file
 * systems the table names another device than their files do.
 */
public final class FlockHolder {
  private static final Path PROC = Path.of("/proc");
  private static final int KIND = 1;
  private static final int PID = 4;
  private static final int FILE = 5;
  private static final int WORDS_MAX = 200;

  private FlockHolder() {}

  /** The process, in this process's own numbers; empty when it is not to be seen from here. */
  public static Optional<Integer> of(Handle handle) {
    try {
      String inode = ":" + handle.status().inode();
      Path own = PROC.resolve("self/fd/" + handle.descriptor());
      for (String line : Files.readAllLines(PROC.resolve("locks"), StandardCharsets.ISO_8859_1)) {
        String[] words = line.strip().split(" +");
        if (words.length > FILE && words[KIND].equals("FLOCK") && words[FILE].endsWith(inode)) {
          int pid = Integer.parseInt(words[PID]);
          if (pid > 0 && hasOpen(pid, own)) {
            return Optional.of(pid);
          }
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static boolean hasOpen(int pid, Path own) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(PROC.resolve(pid + "/fd"))) {
      for (Path file : files) {
        if (isSame(file, own)) {
          return true;
        }
      }
      return false;
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  private static boolean isSame(Path file, Path own) {
    try {
      return Files.isSameFile(file, own);
    } catch (IOException e) {
      return false; // closed while we looked
    }
  }

  /**
   * Number and command of a process, for people: {@code process 17, `godwit background
   * /root/mail.yaml`}. Of another program only its name.
   */
  public static String display(int pid) {
    List<String> words = List.of();
    try {
      byte[] line = Files.readAllBytes(PROC.resolve(pid + "/cmdline"));
      words = Arrays.asList(new String(line, StandardCharsets.ISO_8859_1).split("\0"));
    } catch (IOException e) {
      // It has ended, or is not to be seen.
    }
    int program = 0;
    while (program < words.size() && !words.get(program).endsWith("godwit.jar")) {
      program++;
    }
    String command =
        program < words.size()
            ? "godwit " + String.join(" ", words.subList(program + 1, words.size()))
            : ProcessTable.name(pid);
    String shown = Names.display(command.strip().getBytes(StandardCharsets.ISO_8859_1));
    return shown.isEmpty()
        ? "process " + pid
        : "process %d, `%s`"
            .formatted(pid, shown.substring(0, Math.min(WORDS_MAX, shown.length())));
  }
}
