package dev.godwit.sync.rules;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes the command of {@code -e} apart as rsync(1) says: blanks between arguments, single or
 * double quotes around what belongs together, a doubled quote inside for one of its kind;
 * backslashes mean nothing. No shell sees it.
 */
public final class RemoteShell {
  private RemoteShell() {}

  /**
   * @return empty when the command is
   * @throws IllegalArgumentException when a quote is not closed; the message says which
   */
  public static List<byte[]> split(byte[] command) {
    List<byte[]> arguments = new ArrayList<>();
    ByteArrayOutputStream argument = new ByteArrayOutputStream();
    boolean inside = false;
    byte quote = 0;
    for (int i = 0; i < command.length; i++) {
      byte c = command[i];
      if (quote != 0) {
        if (c != quote) {
          argument.write(c);
        } else if (i + 1 < command.length && command[i + 1] == quote) {
          argument.write(c);
          i++;
        } else {
          quote = 0;
        }
      } else if (c == '\'' || c == '"') {
        quote = c;
        inside = true;
      } else if (c == ' ') {
        if (inside) {
          arguments.add(argument.toByteArray());
          argument.reset();
          inside = false;
        }
      } else {
        argument.write(c);
        inside = true;
      }
    }
    if (quote != 0) {
      throw new IllegalArgumentException("the quote " + (char) quote + " is not closed");
    }
    if (inside) {
      arguments.add(argument.toByteArray());
    }
    return arguments;
  }
}
