package dev.godwit.linux;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Files that processes write to through their memory, without a descriptor and without an event:
 * shared mappings that are writable (proc(5), maps). Paths are those that the process has, one char
 * a byte (ISO 8859-1).
 */
public final class SharedMappings {
  private static final Path PROC = Path.of("/proc");

  private SharedMappings() {}

  /** Those of all processes that this user may ask. Costs a few system calls for each. */
  public static Set<String> all() throws IOException {
    Set<String> paths = new LinkedHashSet<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        try {
          paths.addAll(of(process.getFileName().toString()));
        } catch (IOException e) {
          continue; // it has ended, and has no memory any more; or it is another user's
        }
      }
    }
    return paths;
  }

  /** Those of one process. */
  public static List<String> of(String pid) throws IOException {
    List<String> answer = MappingQuery.sharedWritable(pid);
    return answer == null ? ofText(pid) : answer;
  }

  /** As older kernels tell it. Most have none: only lines of such mappings become text. */
  static List<String> ofText(String pid) throws IOException {
    byte[] maps = Files.readAllBytes(PROC.resolve(pid).resolve("maps"));
    List<String> paths = new ArrayList<>();
    for (int line = 0; line < maps.length; ) {
      int end = indexOf(maps, '\n', line);
      // ADDRESSES rw-s OFFSET DEVICE INODE PATH
      int access = indexOf(maps, ' ', line) + 1;
      if (access + 3 < end && maps[access + 1] == 'w' && maps[access + 3] == 's') {
        int path = indexOf(maps, '/', access);
        if (path < end) {
          paths.add(new String(maps, path, end - path, ISO_8859_1).replace("\\012", "\n"));
        }
      }
      line = end + 1;
    }
    return paths;
  }

  /** Where it is from there on; the length where it is not. */
  private static int indexOf(byte[] bytes, char wanted, int from) {
    int at = from;
    while (at < bytes.length && bytes[at] != wanted) {
      at++;
    }
    return at;
  }
}
