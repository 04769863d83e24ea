package dev.godwit.survey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a host does to the processes that root leaves behind when a login ends, as logind.conf(5)
 * has it: {@code KillExcludeUsers} goes before {@code KillOnlyUsers}, and that before {@code
 * KillUserProcesses}.
 */
final class LogOut {
  private static final String ROOT_USER = "root";

  /** The first ones win: over a whole file, and over a drop-in of the same name. */
  private static final List<String> FOLDERS =
      List.of("etc/systemd", "run/systemd", "usr/local/lib/systemd", "usr/lib/systemd");

  private static final Set<String> TRUE = Set.of("1", "yes", "y", "true", "t", "on");

  private boolean kills;
  private String killsBy = "";
  private final List<String> only = new ArrayList<>();
  private String onlyBy = "";
  private @Nullable List<String> exclude;

  private LogOut() {}

  /**
   * The setting by which root's processes are killed, and its file; empty when they are left alone.
   *
   * @param root of the host's file system
   */
  static String killing(Path root) throws IOException {
    LogOut read = new LogOut();
    for (Path file : files(root)) {
      read.take(file, "/" + root.relativize(file));
    }
    List<String> excluded = read.exclude;
    if (excluded == null || excluded.contains(ROOT_USER)) {
      return "";
    }
    if (!read.only.isEmpty()) {
      return read.only.contains(ROOT_USER) ? read.onlyBy : "";
    }
    return read.kills ? read.killsBy : "";
  }

  /** In the order in which they are read. */
  private static List<Path> files(Path root) throws IOException {
    List<Path> files = new ArrayList<>();
    Map<String, Path> dropIns = new TreeMap<>();
    for (String folder : FOLDERS) {
      Path main = root.resolve(folder).resolve("logind.conf");
      if (files.isEmpty() && Files.exists(main)) {
        files.add(main);
      }
      Path more = root.resolve(folder).resolve("logind.conf.d");
      if (Files.isDirectory(more)) {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(more, "*.conf")) {
          found.forEach(file -> dropIns.putIfAbsent(file.getFileName().toString(), file));
        } catch (DirectoryIteratorException e) {
          throw e.getCause();
        }
      }
    }
    files.addAll(dropIns.values());
    return files;
  }

  private void take(Path file, String shown) throws IOException {
    for (String line : Files.readAllLines(file, ISO_8859_1)) {
      String[] both = line.strip().split("\\s*=\\s*", 2);
      if (both.length == 2) {
        String said = "%s says %s".formatted(shown, line.strip());
        switch (both[0]) {
          case "KillUserProcesses" -> {
            kills = TRUE.contains(both[1].toLowerCase(Locale.ROOT));
            killsBy = said;
          }
          case "KillOnlyUsers" -> {
            add(only, both[1]);
            onlyBy = said;
          }
          case "KillExcludeUsers" -> {
            List<String> before = exclude;
            exclude = before == null ? new ArrayList<>() : before;
            add(exclude, both[1]);
          }
          default -> {} // nothing about processes
        }
      }
    }
  }

  /** Lists grow from line to line; an empty one begins anew. */
  private static void add(List<String> list, String words) {
    if (words.isBlank()) {
      list.clear();
      return;
    }
    list.addAll(List.of(words.split("\\s+")));
  }
}
