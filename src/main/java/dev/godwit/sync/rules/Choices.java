package dev.godwit.sync.rules;

import dev.godwit.linux.Names;
import dev.godwit.sync.copy.CopyStatus;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Options whose value is one of a few words. */
final class Choices {
  private static final List<String> CHECKSUMS =
      List.of("auto", "xxh128", "xxh3", "xxh64", "xxhash", "md5", "md4", "sha1", "none");

  private static final List<String> COMPRESSIONS =
      List.of("auto", "zstd", "lz4", "zlibx", "zlib", "none");

  /** The highest that --info and --debug know; more means the same. */
  private static final int LEVEL_MAX = 4;

  private Choices() {}

  /** One name, or one for the transfer and one for -c; null for what is chosen by itself. */
  static @Nullable String checksum(Setting setting, Problems problems) {
    String text = Settings.text(setting.value()).toLowerCase(Locale.ROOT);
    int comma = text.indexOf(',');
    String first = comma < 0 ? text : text.substring(0, comma);
    String second = comma < 0 ? first : text.substring(comma + 1);
    for (String name : List.of(first, second)) {
      if (!CHECKSUMS.contains(name)) {
        problems.add(
            CopyStatus.UNSUPPORTED,
            Settings.given(setting) + ": there is no such checksum; there are " + all(CHECKSUMS));
        return null;
      }
    }
    return first.equals("auto") && second.equals("auto") ? null : text;
  }

  static String compression(Setting setting, Problems problems) {
    String text = Settings.text(setting.value()).toLowerCase(Locale.ROOT);
    if (!COMPRESSIONS.contains(text)) {
      problems.add(
          CopyStatus.UNSUPPORTED,
          Settings.given(setting)
              + ": there is no such compression; there are "
              + all(COMPRESSIONS));
    }
    return text;
  }

  /** 10% or 0.1. */
  static double share(Setting setting, Problems problems) {
    String text = Settings.text(setting.value());
    boolean percent = text.endsWith("%");
    try {
      double number = Double.parseDouble(percent ? text.substring(0, text.length() - 1) : text);
      double share = percent ? number / 100 : number;
      if (share >= 0 && share <= 1) {
        return share;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    problems.usage(Settings.given(setting) + " is no share such as 10% or 0.1");
    return 1;
  }

  /** Sets what the flags say; whether help is asked for. */
  static boolean info(Setting setting, Telling telling, Problems problems) {
    boolean help = false;
    for (String item : Settings.text(setting.value()).split(",", -1)) {
      String name = name(item);
      int level = level(item, name);
      switch (name) {
        case "" -> {}
        case "HELP" -> help = true;
        case "NONE" -> java.util.Arrays.fill(telling.info, 0);
        case "ALL" -> java.util.Arrays.fill(telling.info, level);
        default -> {
          InfoFlag flag = infoFlag(name);
          if (flag == null) {
            problems.usage(
                setting.shown() + ": there is no " + shown(item) + "; --info=help shows what is");
          } else {
            telling.info[flag.ordinal()] = level;
          }
        }
      }
    }
    return help;
  }

  /** Checks the names, and sets what FILTER is to say; whether help is asked for. */
  static boolean debug(Setting setting, Telling telling, Problems problems) {
    boolean help = false;
    for (String item : Settings.text(setting.value()).split(",", -1)) {
      String name = name(item);
      help |= name.equals("HELP");
      switch (name) {
        case "NONE" -> telling.debugFilter = 0;
        case "ALL", "FILTER" -> telling.debugFilter = level(item, name);
        default -> {} // nothing more is told
      }
      if (!List.of("", "HELP", "NONE", "ALL").contains(name) && !isDebugFlag(name)) {
        problems.usage(
            setting.shown() + ": there is no " + shown(item) + "; --debug=help shows what is");
      }
    }
    return help;
  }

  /** The letters of NAME2, upper case. */
  private static String name(String item) {
    int end = item.length();
    while (end > 0 && Character.digit(item.charAt(end - 1), 10) >= 0) {
      end--;
    }
    return item.substring(0, end).toUpperCase(Locale.ROOT);
  }

  private static int level(String item, String name) {
    String digits = item.substring(name.length());
    if (digits.isEmpty()) {
      return 1;
    }
    return digits.length() > 2 ? LEVEL_MAX : Math.min(LEVEL_MAX, Integer.parseInt(digits));
  }

  private static @Nullable InfoFlag infoFlag(String name) {
    for (InfoFlag flag : InfoFlag.values()) {
      if (flag.name().equals(name)) {
        return flag;
      }
    }
    return null;
  }

  private static boolean isDebugFlag(String name) {
    for (DebugFlag flag : DebugFlag.values()) {
      if (flag.name().equals(name)) {
        return true;
      }
    }
    return false;
  }

  static Telling.ErrorStream errorStream(Setting setting, Problems problems) {
    String text = Settings.text(setting.value());
    for (String mode : List.of("errors", "all", "client")) {
      if (!text.isEmpty() && mode.startsWith(text)) {
        return Telling.ErrorStream.valueOf(mode.toUpperCase(Locale.ROOT));
      }
    }
    problems.usage(Settings.given(setting) + " is not one of errors, all and client");
    return Telling.ErrorStream.ERRORS;
  }

  static Telling.Buffering buffering(Setting setting, Problems problems) {
    byte[] value = setting.value();
    switch (value.length == 0 ? 0 : Character.toUpperCase(value[0])) {
      case 'N', 'U' -> {
        return Telling.Buffering.NONE;
      }
      case 'L' -> {
        return Telling.Buffering.LINE;
      }
      case 'B', 'F' -> {
        return Telling.Buffering.BLOCK;
      }
      default -> {
        problems.usage(Settings.given(setting) + " is not one of None, Line and Block");
        return Telling.Buffering.DEFAULT;
      }
    }
  }

  private static String all(List<String> names) {
    return String.join(", ", names);
  }

  private static String shown(String item) {
    return Names.display(Names.of(item));
  }
}
