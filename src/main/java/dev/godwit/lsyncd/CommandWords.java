package dev.godwit.lsyncd;

import dev.godwit.mirror.actions.ActionCommand;
import dev.godwit.mirror.actions.FileEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A command of layer 3: words with variables in them, as {@code cp -r ^sourcePathname
 * ^targetPathname}. Each word is one argument, whatever the variables in it stand for; no shell
 * reads any of it (H76). One that begins with a slash is not meant for a shell at all: its words
 * are what is between blanks, and no character but the caret means anything in it.
 */
final class CommandWords implements ActionCommand {
  /** It cannot be said as an argument list; the message says what is in the way. */
  static final class NotWords extends Exception {
    private static final long serialVersionUID = 1;

    NotWords(String message) {
      super(message);
    }
  }

  /** Words that mean something to a shell where a command begins. */
  private static final Set<String> OF_SHELL =
      Set.of(
          "!",
          "{",
          "}",
          "[[",
          "case",
          "cd",
          "do",
          "done",
          "elif",
          "else",
          "esac",
          "eval",
          "exec",
          "exit",
          "export",
          "fi",
          "for",
          "function",
          "if",
          "return",
          "select",
          "set",
          "shift",
          "source",
          "then",
          "trap",
          "ulimit",
          "umask",
          "unset",
          "until",
          "wait",
          "while",
          ".",
          ":");

  private static final String OPERATORS = "|&;<>()`$\n";
  private static final String PATTERNS = "*?[";

  /** A piece of a word: text, or a variable. */
  private sealed interface Part {
    record Text(String text) implements Part {}

    record Variable(String name) implements Part {}
  }

  private final List<List<Part>> words;
  private final EventFields fields;

  private CommandWords(List<List<Part>> words, EventFields fields) {
    this.words = words;
    this.fields = fields;
  }

  /**
   * Reads a command.
   *
   * @param text one char a byte
   * @param isMove whether there are two names
   * @param fields what the variables stand for
   */
  static CommandWords read(String text, boolean isMove, EventFields fields) throws NotWords {
    Reader reader = new Reader(text, isMove);
    reader.read();
    CommandWords command = new CommandWords(reader.words, fields);
    command.check();
    return command;
  }

  private void check() throws NotWords {
    if (words.isEmpty()) {
      throw new NotWords("it is empty");
    }
    List<String> known = new ArrayList<>();
    for (List<Part> word : words) {
      StringBuilder text = new StringBuilder();
      for (Part part : word) {
        text.append(
            switch (part) {
              case Part.Text(String constant) -> constant;
              case Part.Variable(String name) -> "^" + name;
            });
      }
      known.add(text.toString());
    }
    String program = known.getFirst();
    if (words.getFirst().stream().anyMatch(Part.Variable.class::isInstance)) {
      throw new NotWords("the program is not a fixed one");
    }
    if (OF_SHELL.contains(program) || program.matches("[A-Za-z_][A-Za-z0-9_]*=.*")) {
      throw new NotWords("`" + program + "` is for a shell");
    }
    String shell = Shells.in(known);
    if (shell != null) {
      throw new NotWords(shell);
    }
  }

  @Override
  public List<byte[]> arguments(FileEvent event, Consumer<String> log) {
    List<byte[]> arguments = new ArrayList<>();
    for (List<Part> word : words) {
      StringBuilder argument = new StringBuilder();
      for (Part part : word) {
        switch (part) {
          case Part.Text(String text) -> argument.append(text);
          case Part.Variable(String name) -> {
            String value = fields.value(name, event);
            argument.append(argument.isEmpty() ? EventFields.noOption(value) : value);
          }
        }
      }
      arguments.add(argument.toString().getBytes(StandardCharsets.ISO_8859_1));
    }
    return arguments;
  }

  /** Takes words apart as a shell would that expands nothing. */
  private static final class Reader {
    private final String text;
    private final boolean isMove;

    /** Whether no shell reads it in lsyncd, either. */
    private final boolean isDirect;

    final List<List<Part>> words = new ArrayList<>();
    private final List<Part> word = new ArrayList<>();
    private final StringBuilder constant = new StringBuilder();
    private boolean isInWord;
    private int at;

    Reader(String text, boolean isMove) {
      this.text = text.strip();
      this.isDirect = text.startsWith("/");
      this.isMove = isMove;
    }

    void read() throws NotWords {
      while (at < text.length()) {
        char c = text.charAt(at++);
        if (c == ' ' || c == '\t' || isDirect && c == '\n') {
          endWord();
        } else if (c == '^') {
          variable();
        } else if (isDirect) {
          direct(c);
        } else {
          forShell(c);
        }
      }
      endWord();
    }

    private void forShell(char c) throws NotWords {
      switch (c) {
        case '\'' -> quoted();
        case '"' -> doubleQuoted();
        case '\\' -> putEscaped(escaped());
        default -> {
          if (OPERATORS.indexOf(c) >= 0) {
            throw new NotWords("`" + (c == '\n' ? "a new line" : c) + "` is for a shell");
          }
          if (!isInWord && "~#[".indexOf(c) >= 0) {
            throw new NotWords("`" + c + "` at the beginning of a word is for a shell");
          }
          if (PATTERNS.indexOf(c) >= 0) {
            throw new NotWords("`" + c + "` is a pattern that a shell would fill in");
          }
          put(c);
        }
      }
    }

    /** Of a command that begins with a slash. */
    private void direct(char c) throws NotWords {
      if ("'\"\\".indexOf(c) >= 0) {
        throw new NotWords(
            "`" + c + "` is no quote in a command that begins with a slash (in others it is)");
      }
      put(c);
    }

    private void put(char c) {
      isInWord = true;
      constant.append(c);
    }

    /** A line that ends with a backslash goes on in the next one. */
    private void putEscaped(char c) {
      if (c != '\n') {
        put(c);
      }
    }

    private void endConstant() {
      if (!constant.isEmpty()) {
        word.add(new Part.Text(constant.toString()));
        constant.setLength(0);
      }
    }

    private void endWord() {
      endConstant();
      if (isInWord) {
        words.add(List.copyOf(word));
      }
      word.clear();
      isInWord = false;
    }

    private void quoted() throws NotWords {
      isInWord = true;
      for (char c = next("'"); c != '\''; c = next("'")) {
        if (c == '^') {
          variable();
        } else {
          put(c);
        }
      }
    }

    private void doubleQuoted() throws NotWords {
      isInWord = true;
      for (char c = next("\""); c != '"'; c = next("\"")) {
        switch (c) {
          case '$', '`' -> throw new NotWords("`" + c + "` is for a shell");
          case '^' -> variable();
          case '\\' -> {
            char escaped = next("\"");
            if ("$`\"\\\n".indexOf(escaped) < 0) {
              put('\\');
            }
            putEscaped(escaped);
          }
          default -> put(c);
        }
      }
    }

    private char escaped() throws NotWords {
      if (at == text.length()) {
        throw new NotWords("it ends with a backslash");
      }
      return text.charAt(at++);
    }

    private char next(String quote) throws NotWords {
      if (at == text.length()) {
        throw new NotWords("a " + quote + " is missing");
      }
      return text.charAt(at++);
    }

    private void variable() throws NotWords {
      int from = at;
      if (text.startsWith("o.", at) || text.startsWith("d.", at)) {
        at += 2;
      }
      int name = at;
      while (at < text.length() && Character.isLetter(text.charAt(at))) {
        at++;
      }
      String whole = text.substring(from, at);
      if (!EventFields.NAMES.contains(text.substring(name, at))) {
        throw new NotWords("there is no variable ^" + whole);
      }
      if (from != name && !isMove) {
        throw new NotWords("^" + whole + " is for onMove");
      }
      isInWord = true;
      endConstant();
      word.add(new Part.Variable(whole));
    }
  }
}
