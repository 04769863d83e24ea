package dev.godwit.survey;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The users that this host has in its own file (passwd(5)), with what getpwnam leaves out here. */
record PasswordFile(List<String[]> lines) {
  private static final int FIELDS = 7;

  /**
   * What a line says.
   *
   * @param group -1 when there is no line
   */
  record Line(long group, String home, String shell) {
    static final Line NONE = new Line(-1, "", "");
  }

  static PasswordFile read() {
    try {
      return new PasswordFile(
          Files.readAllLines(Path.of("/etc/passwd"), StandardCharsets.ISO_8859_1).stream()
              .map(line -> line.split(":", -1))
              .filter(fields -> fields.length == FIELDS)
              .toList());
    } catch (IOException e) {
      return new PasswordFile(List.of()); // users come from elsewhere
    }
  }

  /** Where a user is at home; empty for one that it does not have. */
  String home(String name) {
    return lines.stream()
        .filter(fields -> fields[0].equals(name))
        .map(fields -> fields[5])
        .findFirst()
        .orElse("");
  }

  /** The line with this name and number; {@link Line#NONE} without one. */
  Line of(String name, long number) {
    for (String[] fields : lines) {
      if (fields[0].equals(name) && fields[2].equals(Long.toString(number))) {
        return new Line(
            fields[3].matches("[0-9]{1,10}") ? Long.parseLong(fields[3]) : -1,
            fields[5],
            fields[6]);
      }
    }
    return Line.NONE;
  }
}
