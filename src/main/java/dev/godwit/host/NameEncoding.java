package dev.godwit.host;

import dev.godwit.wire.Printable;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The encoding in which Java names files, and hands words to programs: that of the locale which its
 * process begins with. What a plan names is UTF-8, so the processes that Godwit starts for itself
 * begin with a locale of UTF-8, whatever a host has; what they run has the one that was there
 * before.
 */
public final class NameEncoding {
  /**
   * The property with the LC_ALL for what this process runs, empty where there is none; absent
   * where that is this process's own.
   */
  private static final String PROPERTY = "godwit.lc_all";

  private static final String VARIABLE = "LC_ALL";

  /** Of every C library that has a locale of UTF-8 without being asked to install one. */
  private static final String UTF_8_LOCALE = "C.UTF-8";

  private static final Charset CHARSET =
      Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

  private static final int SHOWN_CHARS_MAX = 300;

  private NameEncoding() {}

  /** Whether every text of a plan can be said to this host. */
  public static boolean isUtf8() {
    return CHARSET.equals(StandardCharsets.UTF_8);
  }

  /** Stands before a command line of this program: it becomes the program (env(1)). */
  static List<String> utf8() {
    return List.of("/usr/bin/env", VARIABLE + "=" + UTF_8_LOCALE);
  }

  /** A flag of Java's: what that process runs has the LC_ALL that what this one runs has. */
  static String flag() {
    String own = System.getenv().getOrDefault(VARIABLE, "");
    return "-D" + PROPERTY + "=" + System.getProperty(PROPERTY, own);
  }

  /** Makes this process's environment that of what it runs. */
  static void giveBack(Map<String, String> environment) {
    String before = System.getProperty(PROPERTY);
    if (before == null) {
      return;
    }
    if (before.isEmpty()) {
      environment.remove(VARIABLE);
    } else {
      environment.put(VARIABLE, before);
    }
  }

  /**
   * Refuses what would be changed on its way to a program.
   *
   * @throws IOException naming the first word that cannot be said here
   */
  static void require(Collection<String> words) throws IOException {
    if (isUtf8()) {
      return;
    }
    for (String word : words) {
      if (!CHARSET.newEncoder().canEncode(word)) {
        throw new IOException(refusal(word));
      }
    }
  }

  /** Whether this came of the locale: a path of a plan that cannot be named here. */
  public static boolean isCauseOf(InvalidPathException failure) {
    return !isUtf8() && !CHARSET.newEncoder().canEncode(failure.getInput());
  }

  /** For people: why a text is no path, here or anywhere. */
  public static String refusal(InvalidPathException failure) {
    return isCauseOf(failure)
        ? refusal(failure.getInput())
        : "\"%s\" is no path: %s"
            .formatted(Printable.line(failure.getInput(), SHOWN_CHARS_MAX), failure.getReason());
  }

  /** For people: why a word or a path was refused. */
  public static String refusal(String word) {
    return "\"%s\" cannot be said in the locale of Godwit on this host, whose encoding is %s; it takes one of UTF-8, such as LC_ALL=%s"
        .formatted(Printable.line(word, SHOWN_CHARS_MAX), CHARSET, UTF_8_LOCALE);
  }
}
