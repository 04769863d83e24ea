package dev.godwit.lsyncd;

import dev.godwit.daemon.RulesException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with a configuration, and what of it has no effect. For one thread. */
final class LsyncdProblems {
  private final Path file;
  private final List<String> problems = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

  LsyncdProblems(Path file) {
    this.file = file;
  }

  void problem(int line, String text) {
    problems.add(file + ":" + line + ": " + text);
  }

  void remark(int line, String text) {
    remarks.add(file + ":" + line + ": " + text);
  }

  List<String> remarks() {
    return List.copyOf(remarks);
  }

  void throwIfAny() throws RulesException {
    if (!problems.isEmpty()) {
      throw new RulesException(problems);
    }
  }
}
