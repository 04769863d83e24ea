package dev.godwit.service;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
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
    List<String> prefixes = new ArrayList<>();
    for (byte[] root : roots) {
      Path path = Path.of(new String(root, StandardCharsets.UTF_8));
      // The kernel names files by their real path; the plan may go through a link.
      prefixes.add((Files.exists(path) ? path.toRealPath() : path).toString());
    }
    List<String> found = new ArrayList<>();
    long self = ProcessHandle.current().pid();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (!process.getFileName().toString().equals(Long.toString(self))) {
          descriptors(process, prefixes, found);
          mappings(process, prefixes, found);
        }
      }
    }
    return found;
  }

  private static void descriptors(Path process, List<String> prefixes, List<String> found) {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : descriptors) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (isBelow(target, prefixes)
              && writes(process.resolve("fdinfo").resolve(descriptor.getFileName()))) {
            found.add(line(process, target));
          }
        } catch (IOException e) {
          continue; // this one was closed meanwhile; the others count all the same
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return; // the process has ended: it writes no more
    }
  }

  /** A shared writable mapping writes without a descriptor (proc(5), maps). */
  private static void mappings(Path process, List<String> prefixes, List<String> found) {
    try {
      for (String mapping : Files.readAllLines(process.resolve("maps"), ISO_8859_1)) {
        String[] fields = mapping.split(" +", 6);
        if (fields.length == 6
            && fields[1].startsWith("rw")
            && fields[1].endsWith("s")
            && isBelow(fields[5], prefixes)) {
          found.add(line(process, fields[5]));
        }
      }
    } catch (IOException e) {
      return; // the process has ended
    }
  }

  private static boolean isBelow(String target, List<String> prefixes) {
    return prefixes.stream().anyMatch(p -> target.equals(p) || target.startsWith(p + "/"));
  }

  private static String line(Path process, String target) throws IOException {
    return "%s (%s) writes %s"
        .formatted(
            Files.readString(process.resolve("comm")).strip(), process.getFileName(), target);
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
