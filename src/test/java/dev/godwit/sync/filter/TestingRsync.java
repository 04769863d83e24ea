package dev.godwit.sync.filter;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/** Asks the real rsync what it would transfer and remove. */
final class TestingRsync {
  /** What it says: names as in {@link TestingSelection}. */
  record Answer(
      int exitValue, SortedSet<String> transferred, SortedSet<String> removed, String errors) {}

  private static final Path PROGRAM = Path.of("/usr/bin/rsync");
  private static final int ITEM_LETTERS = 11;
  private static final String NOT_EMPTY = "cannot delete non-empty directory: ";

  private TestingRsync() {}

  static boolean isInstalled() {
    return Files.isExecutable(PROGRAM);
  }

  /**
   * {@code rsync -r --delete} of a directory, as a dry run.
   *
   * @param options further ones; as ISO 8859-1
   * @param places the source, with a '/' at its end, or not, from the directory on
   */
  static Answer ask(
      Path directory, Map<String, String> environment, List<String> options, String... places)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(PROGRAM.toString());
    command.addAll(List.of("-rnii8", "--delete", "--out-format=%i|%n"));
    command.addAll(options);
    command.addAll(List.of(places));
    Path errors = Files.createTempFile("rsync", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectError(errors.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    byte[] out = process.getInputStream().readAllBytes();
    int exitValue = process.waitFor();
    SortedSet<String> transferred = new TreeSet<>();
    SortedSet<String> removed = new TreeSet<>();
    SortedSet<String> notEmpty = new TreeSet<>();
    for (String line : new String(out, StandardCharsets.ISO_8859_1).split("\n", -1)) {
      if (line.length() > ITEM_LETTERS && line.charAt(ITEM_LETTERS) == '|') {
        String name = unescape(line.substring(ITEM_LETTERS + 1));
        (line.startsWith("*deleting") ? removed : transferred).add(name);
      } else if (line.startsWith(NOT_EMPTY)) {
        notEmpty.add(unescape(line.substring(NOT_EMPTY.length())) + "/");
      }
    }
    removed.removeAll(notEmpty); // said of some in a dry run, and not done in a real one
    transferred.remove("./");
    String said = Files.readString(errors, StandardCharsets.ISO_8859_1);
    Files.delete(errors);
    return new Answer(exitValue, transferred, removed, said);
  }

  /** rsync writes bytes that it does not show as {@code \#} and three octal digits. */
  private static String unescape(String name) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < name.length(); i++) {
      if (name.startsWith("\\#", i) && name.substring(i).matches("(?s)..[0-7]{3}.*")) {
        bytes.write(Integer.parseInt(name, i + 2, i + 5, 8));
        i += 4;
      } else {
        bytes.write(name.charAt(i));
      }
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }
}
