package dev.godwit.draft;

import java.util.List;
import java.util.regex.Pattern;

/** Values as YAML 1.2 writes them; what a host said can hold anything. */
final class Yaml {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z/][A-Za-z0-9_./@-]*");
  private static final Pattern WORD = Pattern.compile("(?i)true|false|null|yes|no|on|off|y|n");

  private Yaml() {}

  static String scalar(String value) {
    if (PLAIN.matcher(value).matches() && !WORD.matcher(value).matches()) {
      return value;
    }
    StringBuilder quoted = new StringBuilder("\"");
    for (int c : value.codePoints().toArray()) {
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        default -> {
          if (c < 0x20 || c == 0x7f) {
            quoted.append("\\x%02x".formatted(c));
          } else {
            quoted.appendCodePoint(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }

  static String list(List<String> values) {
    return "[" + String.join(", ", values.stream().map(Yaml::scalar).toList()) + "]";
  }

  /** One line of a comment. */
  static String comment(String value) {
    String line = value.replaceAll("\\p{Cntrl}", "?");
    return line.length() > 200 ? line.substring(0, 200) + "…" : line;
  }
}
