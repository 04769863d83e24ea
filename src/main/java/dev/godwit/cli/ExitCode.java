package dev.godwit.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a command's exit status says. Scripts build on it: a number never changes its meaning. */
public enum ExitCode {
  DONE(0, "done; nothing was found wrong"),
  FINDINGS(1, "something was found wrong, failed or differs"),
  USAGE(2, "the command line or the plan is not right; nothing was done"),
  UNREACHABLE(3, "a host cannot be reached or used"),
  TAKEN_BACK(4, "the switch was taken back; clients are served as before it"),
  REFUSED(5, "refused: another command holds the move, or it would overwrite something"),
  BUG(70, "a fault in Godwit itself; please report it");

  private final int status;
  private final String meaning;

  ExitCode(int status, String meaning) {
    this.status = status;
    this.meaning = meaning;
  }

  public int status() {
    return status;
  }

  /** For people. */
  public String meaning() {
    return meaning;
  }

  /** The table that every {@code --help} ends with. */
  static Map<String, String> table() {
    return table(values());
  }

  /** The same of those with which a command can end. */
  static Map<String, String> table(ExitCode... codes) {
    Map<String, String> table = new LinkedHashMap<>();
    Arrays.stream(codes).forEach(code -> table.put(Integer.toString(code.status), code.meaning));
    return table;
  }
}
