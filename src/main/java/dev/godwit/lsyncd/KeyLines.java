package dev.godwit.lsyncd;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * On which line of a configuration a key stands. Lua itself knows the line of a call alone, which
 * for a table over thirty lines is of little help. For keys that the call names itself: what comes
 * from another table is found nowhere in it.
 */
final class KeyLines {
  /** What says nothing, texts, names and what they are given with, and braces. */
  private static final Pattern PARTS =
      Pattern.compile(
          "--\\[(?<ce>=*)\\[.*?\\]\\k<ce>\\]|--[^\\n]*"
              + "|\\[(?<te>=*)\\[.*?\\]\\k<te>\\]"
              + "|(?:\\[\\s*)?(?<quoted>\"[^\"\\\\\\n]*+(?:\\\\.[^\"\\\\\\n]*+)*+\""
              + "|'[^'\\\\\\n]*+(?:\\\\.[^'\\\\\\n]*+)*+')"
              + "(?<given>\\s*\\]\\s*=(?!=))?"
              + "|(?<name>[A-Za-z_][A-Za-z0-9_]*)(?<is>\\s*=(?!=))?"
              + "|(?<open>\\{)|(?<close>\\})",
          Pattern.DOTALL);

  /** What is called. */
  private static final Pattern CALL = Pattern.compile("\\b(?:sync|settings)\\b");

  private final int first;
  private final Map<String, Integer> lines = new HashMap<>();

  /**
   * @param text the configuration
   * @param line where the call begins, from 1 on
   */
  KeyLines(String text, int line) {
    this.first = line;
    int begin = 0;
    for (int i = 1; i < line && begin >= 0; i++) {
      begin = text.indexOf('\n', begin) + 1;
      if (begin == 0) {
        return;
      }
    }
    int end = text.indexOf('\n', begin);
    Matcher call = CALL.matcher(text).region(begin, end < 0 ? text.length() : end);
    read(text, call.find() ? call.start() : begin);
  }

  private void read(String text, int begin) {
    Deque<String> within = new ArrayDeque<>();
    String key = "";
    int line = first;
    int counted = begin;
    Matcher part = PARTS.matcher(text).region(begin, text.length());
    while (part.find()) {
      for (; counted < part.start(); counted++) {
        line += text.charAt(counted) == '\n' ? 1 : 0;
      }
      if (part.group("open") != null) {
        within.push(within.isEmpty() ? "" : within.peek() + key + ".");
        key = "";
      } else if (part.group("close") != null) {
        if (within.size() <= 1) {
          return;
        }
        within.pop();
      } else if (!within.isEmpty() && (part.group("is") != null || part.group("given") != null)) {
        String quoted = part.group("quoted");
        key = quoted == null ? part.group("name") : quoted.substring(1, quoted.length() - 1);
        lines.putIfAbsent(within.peek() + key, line);
      }
    }
  }

  /**
   * The line of a key; of what it is in, or of the call, where it is not found.
   *
   * @param path as {@code rsync.backup_dir}
   */
  int of(String path) {
    for (String at = path; ; at = at.substring(0, at.lastIndexOf('.'))) {
      Integer line = lines.get(at);
      if (line != null) {
        return line;
      }
      if (at.indexOf('.') < 0) {
        return first;
      }
    }
  }
}
