package dev.godwit.service;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Who still writes below a path (H62): a unit that says "stopped" may have left sessions behind
 * that go on writing. Reads /proc (proc(5)): the descriptors of every process, with their open
 * flags.
 */
final class Writers {
  /** O_ACCMODE of open(2): read only is 0. */
  private static final int ACCESS_MODE = 3;

  private Writers() {}

  /**
   * @param roots absolute paths
   * @return a line for each process and file, such as {@code imap (4711) writes /var/vmail/…}
   */
  static List<String> below(List<byte[]> roots) throws IOException {
    List<String> prefixes =
        roots.stream().map(root -> new String(root, StandardCharsets.UTF_8)).toList();
    List<String> found = new ArrayList<>();
    long self = ProcessHandle.current().pid();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (!process.getFileName().toString().equals(Long.toString(self))) {
          inspect(process, prefixes, found);
        }
      }
    }
    return found;
  }

  private static void inspect(Path process, List<String> prefixes, List<String> found) {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : descriptors) {
        String target = Files.readSymbolicLink(descriptor).toString();
        if (prefixes.stream().anyMatch(p -> target.equals(p) || target.startsWith(p + "/"))
            && writes(process.resolve("fdinfo").resolve(descriptor.getFileName()))) {
          found.add(
              "%s (%s) writes %s"
                  .formatted(
                      Files.readString(process.resolve("comm")).strip(),
                      process.getFileName(),
                      target));
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      // The process or the descriptor ended while it was looked at: it writes no more.
      return;
    }
  }

  private static boolean writes(Path info) throws IOException {
    for (String line : Files.readAllLines(info)) {
      if (line.startsWith("flags:")) {
        int flags = Integer.parseInt(line.substring("flags:".length()).strip(), 8);
        // A directory handle is never writable, so whatever is left is a file.
        return (flags & ACCESS_MODE) != 0;
      }
    }
    return false;
  }
}
