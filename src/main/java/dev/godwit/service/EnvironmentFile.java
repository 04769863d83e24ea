package dev.godwit.service;

import java.util.ArrayList;
import java.util.List;

/** A file of assignments as systemd reads it (systemd.exec(5), "EnvironmentFile"). */
final class EnvironmentFile {
  private EnvironmentFile() {}

  /** Its assignments, in their order; what is none is passed over, as systemd does. */
  static List<String> assignments(String text) {
    List<String> found = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String each : text.split("\n", -1)) {
      boolean isFirst = line.isEmpty();
      String part = isFirst ? each.strip() : each;
      if (isFirst && (part.isEmpty() || part.startsWith("#") || part.startsWith(";"))) {
        continue;
      }
      if (part.endsWith("\\") && !part.endsWith("\\\\")) {
        line.append(part, 0, part.length() - 1);
        continue;
      }
      String whole = line.append(part).toString();
      line.setLength(0);
      int equals = whole.indexOf('=');
      String name = equals < 0 ? "" : whole.substring(0, equals).strip();
      if (name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
        found.add(name + "=" + value(whole.substring(equals + 1).strip()));
      }
    }
    return found;
  }

  /** Quotes around it, or around parts of it, go; a backslash keeps what follows, but not in ''. */
  private static String value(String text) {
    StringBuilder value = new StringBuilder();
    char quote = 0;
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '\\' && quote != '\'' && at + 1 < text.length()) {
        char next = text.charAt(++at);
        if (quote == '"' && "\"\\`$".indexOf(next) < 0) {
          value.append('\\');
        }
        value.append(next);
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      } else {
        value.append(c);
      }
    }
    return value.toString();
  }
}
