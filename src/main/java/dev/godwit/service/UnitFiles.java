package dev.godwit.service;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The settings of a unit's files and drop-ins, one after the other, as systemd.syntax(7) has them:
 * later ones are added to earlier ones of the same name, and an empty one forgets those before it.
 */
final class UnitFiles {
  private final Map<String, List<String>> settings = new HashMap<>();

  private UnitFiles() {}

  /** Reads one section of them. */
  static UnitFiles section(String name, String files) {
    UnitFiles read = new UnitFiles();
    boolean isIn = false;
    StringBuilder line = new StringBuilder();
    for (String each : files.lines().toList()) {
      String text = each.strip();
      if (text.startsWith("#") || text.startsWith(";")) {
        continue; // also in the middle of a line that goes on
      }
      if (text.endsWith("\\")) {
        line.append(text, 0, text.length() - 1).append(' ');
        continue;
      }
      String whole = line.append(text).toString();
      line.setLength(0);
      if (whole.startsWith("[") && whole.endsWith("]")) {
        isIn = whole.equals("[" + name + "]");
      } else if (isIn && whole.indexOf('=') > 0) {
        read.add(whole);
      }
    }
    return read;
  }

  private void add(String line) {
    String[] both = line.split("=", 2);
    List<String> values = settings.computeIfAbsent(both[0].strip(), key -> new ArrayList<>());
    String value = both[1].strip();
    if (value.isEmpty()) {
      values.clear();
    } else {
      values.add(value);
    }
  }

  /** In their order; none when it is not set. */
  List<String> values(String setting) {
    return List.copyOf(settings.getOrDefault(setting, List.of()));
  }

  boolean isSet(String setting) {
    return !values(setting).isEmpty();
  }
}
