package dev.godwit.host;

import java.util.regex.Pattern;

/** Words of command lines that a shell reads (sh(1)). */
public final class ShellWord {
  /** What means itself to every shell, as most names of files do. */
  private static final Pattern PLAIN = Pattern.compile("[\\p{L}\\p{N}_@%+:,./-]+");

  private ShellWord() {}

  /** Nothing in single quotes means anything to a shell. */
  public static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }

  /** As people type it: in quotes where it needs them. */
  public static String typed(String word) {
    return PLAIN.matcher(word).matches() ? word : quoted(word);
  }
}
