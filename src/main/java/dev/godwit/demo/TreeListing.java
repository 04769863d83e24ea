package dev.godwit.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything below some folders of a host, as find(1) and sha256sum(1) in that host see it: proof
 * must not come from the code that it is about. Paths are bytes, carried as ISO 8859-1 text.
 */
final class TreeListing {
  private static final String LOOK =
      """
      set -euo pipefail
      find "$@" -printf '%p\\0%y\\0%m\\0%U\\0%G\\0%T@\\0%s\\0%D:%i\\0%n\\0%l\\0'
      printf '\\0'
      find "$@" -type f -print0 | xargs -0 -r sha256sum -b -z
      """;
  private static final int FIELDS = 10;

  private TreeListing() {}

  /**
   * One entry.
   *
   * @param type as find says it: f, d, l, p, s, b, c
   * @param mtime seconds with nanoseconds after the point
   * @param size in bytes; 0 for a directory, where it is the file system's own affair
   * @param leader the first path of those which are hard links of one file; its own path if alone
   * @param content SHA-256 of a file, target of a symbolic link, else empty
   */
  record Entry(
      String path,
      String type,
      String mode,
      String owner,
      String mtime,
      long size,
      String leader,
      String content) {}

  /** Lists the folders; a folder that does not exist is an error. */
  static Map<String, Entry> of(LabHost host, List<String> folders) throws IOException {
    List<String> argv = new java.util.ArrayList<>(List.of("bash", "-c", LOOK, "list"));
    argv.addAll(folders);
    Process process = host.command(argv).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    process.getOutputStream().close();
    String all = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    try {
      if (process.waitFor() != 0) {
        throw new LabException(
            "the trees " + folders + " of host " + host.name() + " cannot be listed completely");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while host " + host.name() + " was listed", e);
    }
    return parse(all);
  }

  private static Map<String, Entry> parse(String all) {
    String[] words = all.split("\0", -1);
    Map<String, String> leaders = new HashMap<>();
    int end = 0;
    for (; !words[end].isEmpty(); end += FIELDS) {
      leaders.merge(words[end + 7], words[end], (a, b) -> a.compareTo(b) <= 0 ? a : b);
    }
    Map<String, String> sums = new HashMap<>();
    for (int i = end + 1; i < words.length - 1; i++) {
      sums.put(words[i].substring(66), words[i].substring(0, 64)); // "SUM *PATH"
    }
    Map<String, Entry> entries = new TreeMap<>();
    for (int i = 0; i < end; i += FIELDS) {
      String path = words[i];
      String type = words[i + 1];
      boolean folder = type.equals("d");
      String content = type.equals("f") ? sums.getOrDefault(path, "unread") : words[i + 9];
      entries.put(
          path,
          new Entry(
              path,
              type,
              words[i + 2],
              words[i + 3] + ":" + words[i + 4],
              words[i + 5],
              folder ? 0 : Long.parseLong(words[i + 6]),
              folder ? path : leaders.getOrDefault(words[i + 7], path),
              content));
    }
    return entries;
  }
}
