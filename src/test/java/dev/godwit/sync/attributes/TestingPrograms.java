package dev.godwit.sync.attributes;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs the programs that know better: rsync, getfacl, setfacl, getfattr, setfattr, setcap. */
final class TestingPrograms {
  /** What came of a program: its exit status, and both its outputs as one. */
  record Outcome(int exit, String out) {}

  private TestingPrograms() {}

  /** Runs it to its end, within a minute. */
  static Outcome run(Path folder, List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(TestingPatience.LIMIT)) {
      process.destroyForcibly();
      throw new AssertionError("does not end: " + command);
    }
    return new Outcome(process.exitValue(), out);
  }

  /** Runs it; it must end well. */
  static String out(Path folder, String... command) throws IOException, InterruptedException {
    Outcome outcome = run(folder, List.of(command));
    if (outcome.exit() != 0) {
      throw new AssertionError(String.join(" ", command) + ": " + outcome);
    }
    return outcome.out();
  }

  /** The command, run by somebody with these ids and no other groups than these. */
  static List<String> as(int uid, String groups, List<String> command) {
    List<String> whole = new ArrayList<>();
    whole.add("setpriv");
    whole.add("--reuid=" + uid);
    whole.add("--regid=" + uid);
    whole.add(groups.isEmpty() ? "--clear-groups" : "--groups=" + groups);
    whole.addAll(command);
    return whole;
  }
}
