package dev.godwit.service;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The words of a setting as systemd takes them apart (systemd.service(5), "Command lines";
 * systemd.unit(5), "Specifiers"). What is not understood is refused: a word that was guessed would
 * start something else.
 */
final class UnitWords {
  /** A word; a bare semicolon parts two command lines, one in quotes does not. */
  record Word(String text, boolean isBare) {}

  private final String unit;

  /**
   * Of a unit.
   *
   * @param unit its name, which specifiers stand for
   */
  UnitWords(String unit) {
    this.unit = unit;
  }

  /** The words of a setting, with quotes, escapes and specifiers resolved. */
  List<String> words(String text) throws ServiceException {
    return split(text).stream().map(Word::text).toList();
  }

  List<Word> split(String text) throws ServiceException {
    List<Word> words = new ArrayList<>();
    StringBuilder word = null;
    boolean isBare = true;
    char quote = 0;
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      if (quote == 0 && Character.isWhitespace(c)) {
        if (word != null) {
          words.add(new Word(specified(word.toString()), isBare));
          word = null;
          isBare = true;
        }
        continue;
      }
      if (word == null) {
        word = new StringBuilder();
      }
      if (c == '\\') {
        isBare = false;
        at = escape(text, at + 1, word);
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        isBare = false;
        quote = c;
      } else if (c == quote) {
        quote = 0;
      } else {
        word.append(c);
      }
    }
    if (quote != 0) {
      throw new ServiceException("a quote has no end: " + text);
    }
    if (word != null) {
      words.add(new Word(specified(word.toString()), isBare));
    }
    return words;
  }

  /**
   * @return where its last character is
   */
  private static int escape(String text, int at, StringBuilder word) throws ServiceException {
    if (at >= text.length()) {
      throw new ServiceException("nothing is escaped at its end: " + text);
    }
    char c = text.charAt(at);
    int plain = "abfnrtvs\\\"';".indexOf(c);
    if (plain >= 0) {
      word.append("\u0007\b\f\n\r\t\u000b \\\"';".charAt(plain));
      return at;
    }
    int digits = c == 'x' ? 2 : c >= '0' && c <= '3' ? 3 : 0;
    int from = c == 'x' ? at + 1 : at;
    if (digits == 0 || from + digits > text.length()) {
      throw new ServiceException("an escape is not known: " + text);
    }
    try {
      int code = Integer.parseInt(text.substring(from, from + digits), c == 'x' ? 16 : 8);
      if (code == 0 || code > 127) {
        throw new ServiceException("an escape is not known: " + text);
      }
      word.append((char) code);
    } catch (NumberFormatException e) {
      throw new ServiceException("an escape is not known: " + text, e);
    }
    return from + digits - 1;
  }

  private String specified(String word) throws ServiceException {
    StringBuilder done = new StringBuilder();
    for (int at = 0; at < word.length(); at++) {
      char c = word.charAt(at);
      if (c != '%') {
        done.append(c);
      } else if (++at < word.length()) {
        done.append(specifier(word.charAt(at)));
      } else {
        throw new ServiceException("a specifier is not known: " + word);
      }
    }
    return done.toString();
  }

  private String specifier(char c) throws ServiceException {
    String whole = unit.contains(".") ? unit.substring(0, unit.lastIndexOf('.')) : unit;
    int sign = whole.indexOf('@');
    String prefix = sign < 0 ? whole : whole.substring(0, sign);
    String instance = sign < 0 ? "" : whole.substring(sign + 1);
    String last = prefix.substring(prefix.lastIndexOf('-') + 1);
    return switch (c) {
      case '%' -> "%";
      case 'n' -> unit;
      case 'N' -> whole;
      case 'p' -> prefix;
      case 'P' -> unescaped(prefix);
      case 'i' -> instance;
      case 'I' -> unescaped(instance);
      case 'j' -> last;
      case 'J' -> unescaped(last);
      case 't' -> "/run";
      case 'S' -> "/var/lib";
      case 'C' -> "/var/cache";
      case 'L' -> "/var/log";
      case 'E' -> "/etc";
      case 'T' -> "/tmp";
      case 'V' -> "/var/tmp";
      case 'u' -> "root";
      case 'U' -> "0";
      case 'h' -> "/root";
      default -> throw new ServiceException("a specifier is not known: %" + c);
    };
  }

  /** As systemd-escape(1) --unescape. */
  private static String unescaped(String name) throws ServiceException {
    StringBuilder done = new StringBuilder();
    for (int at = 0; at < name.length(); at++) {
      char c = name.charAt(at);
      if (c == '-') {
        done.append('/');
      } else if (c == '\\') {
        at = escape(name, at + 1, done);
      } else {
        done.append(c);
      }
    }
    return done.toString();
  }

  /**
   * Puts variables in: a word that is {@code $NAME} becomes the words of its value, none when it
   * has none; {@code ${NAME}} anywhere becomes its value as it is; {@code $$} is a dollar.
   */
  List<String> withVariables(List<String> words, Map<String, String> environment)
      throws ServiceException {
    List<String> done = new ArrayList<>();
    for (String word : words) {
      if (word.matches("\\$[A-Za-z_][A-Za-z0-9_]*")) {
        String value = environment.getOrDefault(word.substring(1), "");
        // Specifiers of a value are text.
        done.addAll(new UnitWords(unit).words(value.replace("%", "%%")));
      } else {
        done.add(withBraces(word, environment));
      }
    }
    return done;
  }

  private static String withBraces(String word, Map<String, String> environment)
      throws ServiceException {
    StringBuilder done = new StringBuilder();
    int at = 0;
    while (at < word.length()) {
      if (word.startsWith("$$", at)) {
        done.append('$');
        at += 2;
      } else if (word.startsWith("${", at)) {
        int end = word.indexOf('}', at);
        String name = end < 0 ? "" : word.substring(at + 2, end);
        if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
          throw new ServiceException("a variable is not known: " + word);
        }
        done.append(environment.getOrDefault(name, ""));
        at = end + 1;
      } else {
        done.append(word.charAt(at++));
      }
    }
    return done.toString();
  }
}
