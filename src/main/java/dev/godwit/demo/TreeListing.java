package dev.godwit.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Everything below some folders of a host, as find(1), sha256sum(1) and getfattr(1) in that host
 * see it: proof must not come from the code that it is about. Paths are bytes, carried as ISO
 * 8859-1 text.
 */
final class TreeListing {
  private static final String LOOK =
      """
      set -euo pipefail
      find "$@" -printf '%p\\0%y\\0%m\\0%U\\0%G\\0%T@\\0%s\\0%D:%i\\0%n\\0%l\\0'
      printf '\\0'
      find "$@" \\( -type b -o -type c \\) -print0 | xargs -0 -r stat --printf '%t:%T *%n\\0'
      find "$@" -type f -print0 | xargs -0 -r sha256sum -b -z
      printf '\\0'
      getfattr -R -P -h -d -m - -e hex --absolute-names -- "$@"
      """;
  private static final int FIELDS = 10;
  private static final String FILE = "# file: ";
  private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

  private TreeListing() {}

  /**
   * One entry.
   *
   * @param type as find says it: f, d, l, p, s, b, c
   * @param mtime seconds with nanoseconds after the point
   * @param size in bytes; 0 for a directory, where it is the file system's own affair
   * @param leader the first path of those which are hard links of one file; its own path if alone
   * @param content SHA-256 of a file, target of a symbolic link, number of a device, else empty
   * @param attributes extended attributes with their values, access control lists and capabilities
   *     among them; sorted
   */
  record Entry(
      String path,
      String type,
      String mode,
      String owner,
      String mtime,
      long size,
      String leader,
      String content,
      List<String> attributes) {}

  /** Lists the folders; a folder that does not exist is an error. */
  static Map<String, Entry> of(LabHost host, List<String> folders) throws IOException {
    List<String> argv = new ArrayList<>(List.of("bash", "-c", LOOK, "list"));
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
    Map<String, String> contents = new HashMap<>();
    int at = end + 1;
    for (; !words[at].isEmpty(); at++) {
      int space = words[at].indexOf(' ');
      contents.put(words[at].substring(space + 2), words[at].substring(0, space)); // "SUM *PATH"
    }
    Map<String, List<String>> attributes = attributes(words[at + 1]);
    Map<String, Entry> entries = new TreeMap<>();
    for (int i = 0; i < end; i += FIELDS) {
      String path = words[i];
      String type = words[i + 1];
      boolean folder = type.equals("d");
      boolean read = type.equals("f") || type.equals("b") || type.equals("c");
      String content = read ? contents.getOrDefault(path, "unread") : words[i + 9];
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
              content,
              attributes.getOrDefault(path, List.of())));
    }
    return entries;
  }

  /** {@code # file: PATH}, lines with NAME=VALUE, an empty line; getfattr(1) escapes in octal. */
  private static Map<String, List<String>> attributes(String text) {
    Map<String, List<String>> all = new HashMap<>();
    List<String> current = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      if (line.startsWith(FILE)) {
        current = new ArrayList<>();
        all.put(unescaped(line.substring(FILE.length())), current);
      } else if (!line.isEmpty()) {
        current.add(line);
      }
    }
    all.values().forEach(list -> list.sort(null));
    return all;
  }

  private static String unescaped(String path) {
    return OCTAL
        .matcher(path)
        .replaceAll(m -> Matcher.quoteReplacement("" + (char) Integer.parseInt(m.group(1), 8)));
  }
}
