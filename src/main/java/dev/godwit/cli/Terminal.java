package dev.godwit.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where a command prints: results to standard output, everything else to standard error. Colours
 * and lines that rewrite themselves are for a terminal only, and colours not with NO_COLOR set
 * (no-color.org) or a TERM of {@code dumb}; elsewhere the same words come as plain lines.
 */
public final class Terminal {
  /** What help and messages are wrapped to; wider lines are tiring to read. */
  public static final int TEXT_WIDTH = 80;

  private static final int WIDTH_MIN = 40;

  private final PrintStream out;
  private final PrintStream err;
  private final boolean outIsTerminal;
  private final boolean errIsTerminal;
  private final Map<String, String> environment;

  Terminal(
      PrintStream out,
      PrintStream err,
      boolean outIsTerminal,
      boolean errIsTerminal,
      Map<String, String> environment) {
    this.out = out;
    this.err = err;
    this.outIsTerminal = outIsTerminal;
    this.errIsTerminal = errIsTerminal;
    this.environment = Map.copyOf(environment);
  }

  /** That of this process. */
  public static Terminal ofProcess() {
    return new Terminal(
        new PrintStream(System.out, true, StandardCharsets.UTF_8),
        new PrintStream(System.err, true, StandardCharsets.UTF_8),
        isTerminal(1),
        isTerminal(2),
        System.getenv());
  }

  /** One line, or several, of a result. */
  public void print(String text) {
    out.println(text);
  }

  /** Lines of a result, each broken at the terminal's width when it goes to one. */
  void print(int indent, String text) {
    out.println(outIsTerminal ? wrapped(indent, text) : text);
  }

  /** The same for a remark. */
  void note(int indent, String text) {
    err.println(errIsTerminal ? wrapped(indent, text) : text);
  }

  private String wrapped(int indent, String text) {
    return text.lines()
        .map(line -> Wrap.at(Math.min(width(), TEXT_WIDTH), indent, line))
        .collect(java.util.stream.Collectors.joining("\n"));
  }

  /** A remark beside the result. */
  public void note(String text) {
    err.println(text);
  }

  public void warning(String text) {
    err.println(colour(Colour.YELLOW, "godwit: warning: ") + text);
  }

  public void error(String text) {
    note(8, colour(Colour.RED, "godwit: ") + text);
  }

  /** For what writes results by itself. */
  PrintWriter resultWriter() {
    return new PrintWriter(out, true, StandardCharsets.UTF_8);
  }

  /** For what writes results by itself, line by line. */
  PrintStream output() {
    return out;
  }

  /** For what writes remarks by itself. */
  PrintStream errors() {
    return err;
  }

  /** Whether standard error can show a line that rewrites itself. */
  boolean isLive() {
    return errIsTerminal && !"dumb".equals(environment.get("TERM"));
  }

  /** Whether colours may be used in what goes to standard output. */
  boolean hasColoursOnOutput() {
    return outIsTerminal && hasColours();
  }

  /** Columns that a line may fill. */
  int width() {
    try {
      return Math.max(
          WIDTH_MIN, Integer.parseInt(environment.getOrDefault("COLUMNS", "" + TEXT_WIDTH)));
    } catch (NumberFormatException e) {
      return TEXT_WIDTH;
    }
  }

  /** Writes over the line of standard error that the cursor is in; without a line's end. */
  void rewrite(String line) {
    String cut = line.length() < width() ? line : line.substring(0, width() - 1);
    err.print("\r" + cut + "\u001b[K");
    err.flush();
  }

  /**
   * A result that takes the place of the one before: on a terminal, on an empty screen, each line
   * broken at its width.
   */
  void screen(int indent, String text) {
    boolean isScreen = outIsTerminal && !"dumb".equals(environment.get("TERM"));
    out.print(isScreen ? "\u001b[H\u001b[2J" : "");
    out.println(isScreen ? wrapped(indent, text.stripTrailing()) : text.stripTrailing() + "\n");
    out.flush();
  }

  private enum Colour {
    RED(31),
    YELLOW(33);

    private final int code;

    Colour(int code) {
      this.code = code;
    }
  }

  private String colour(Colour colour, String text) {
    return errIsTerminal && hasColours()
        ? "\u001b[" + colour.code + "m" + text + "\u001b[0m"
        : text;
  }

  private boolean hasColours() {
    return environment.getOrDefault("NO_COLOR", "").isEmpty()
        && !"dumb".equals(environment.get("TERM"));
  }

  /**
   * As isatty(3), by the name behind the descriptor: System.console() answers for standard input
   * and output together, and a foreign call would cost every start what this costs a few.
   */
  private static boolean isTerminal(int descriptor) {
    try {
      String device = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return device.startsWith("/dev/pts/")
          || device.startsWith("/dev/tty")
          || device.equals("/dev/console");
    } catch (IOException e) {
      return false;
    }
  }
}
