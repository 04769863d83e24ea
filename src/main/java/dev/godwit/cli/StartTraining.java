package dev.godwit.cli;

import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import dev.godwit.plan.PlanTemplate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the ahead-of-time cache (JEP 514) is trained with: each kind of command once, so that the
 * classes which they load are in it. Run by the build, never by a user. A new command that should
 * start fast is added here.
 */
final class StartTraining {
  private StartTraining() {}

  public static void main(String[] args) throws IOException, PlanException {
    // Printed to memory: the build has no use for it.
    PrintStream sink = new PrintStream(new ByteArrayOutputStream(), true);
    Terminal terminal = new Terminal(sink, sink, true, true, Map.of());
    Godwit.run(terminal, "--help");
    Godwit.run(terminal, "--version");
    Godwit.run(terminal, "init", "-");
    Godwit.run(terminal, "no-such-command");
    Path file = Files.createTempFile("godwit-training", ".yaml");
    try {
      Files.writeString(file, PlanTemplate.text());
      Plan plan = Plan.read(file);
      sink.println(plan);
    } finally {
      Files.delete(file);
    }
    sink.println(Version.line());
  }
}
