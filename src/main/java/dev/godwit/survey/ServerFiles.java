package dev.godwit.survey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.PatternSyntaxException;

/**
 * The configuration files that a server reads: its main file, and what that includes. Other files
 * beside them, such as samples, say nothing about the server.
 */
final class ServerFiles {
  private static final int FILE_BYTES_MAX = 256 * 1024;
  private static final int FILES_MAX = 5_000;

  private int files;
  private boolean isWhole = true;

  /** Whether everything was read so far. */
  boolean isWhole() {
    return isWhole;
  }

  /** Gives each file once; nothing when the server is not installed. */
  void read(ConfigurationWords.Server server, ConfigurationFiles.Sink sink) {
    Set<String> seen = new HashSet<>();
    Deque<String> open = new ArrayDeque<>();
    server.mains().forEach(main -> open.addAll(expanded(main)));
    while (!open.isEmpty()) {
      String path = open.removeFirst();
      if (!seen.add(path)) {
        continue;
      }
      if (files >= FILES_MAX) {
        isWhole = false;
        return;
      }
      String text;
      try {
        text = new String(OperatorPaths.read(Names.of(path), null, FILE_BYTES_MAX), ISO_8859_1);
      } catch (IOException e) {
        isWhole &= !Files.exists(Path.of(path));
        continue;
      }
      files++;
      sink.file(path, text);
      for (String name : ConfigurationWords.included(server, text)) {
        String base =
            server.base().isEmpty() ? path.substring(0, path.lastIndexOf('/')) : server.base();
        open.addAll(expanded(name.startsWith("/") ? name : base + "/" + name));
      }
    }
  }

  /** The files that a pattern stands for; of a folder, those in it. In the order of their names. */
  private static List<String> expanded(String pattern) {
    List<Path> found = new ArrayList<>(List.of(Path.of("/")));
    try {
      for (String component : pattern.split("/")) {
        if (component.isEmpty() || component.equals(".")) {
          continue;
        }
        List<Path> next = new ArrayList<>();
        for (Path folder : found) {
          if (component.matches(".*[*?\\[{].*")) {
            next.addAll(list(folder, component));
          } else if (Files.exists(folder.resolve(component))) {
            next.add(folder.resolve(component));
          }
        }
        found = next;
      }
    } catch (InvalidPathException | PatternSyntaxException e) {
      return List.of(); // a name that no file can have
    }
    List<String> files = new ArrayList<>();
    for (Path path : found) {
      List<Path> each = Files.isDirectory(path) ? list(path, "*") : List.of(path);
      each.stream().filter(Files::isRegularFile).map(Path::toString).forEach(files::add);
    }
    return files;
  }

  private static List<Path> list(Path folder, String pattern) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> names = Files.newDirectoryStream(folder, pattern)) {
      names.forEach(found::add);
    } catch (IOException | DirectoryIteratorException e) {
      return List.of(); // no folder, or one that cannot be listed: there is nothing to include
    }
    found.sort(null);
    return found;
  }
}
