package dev.godwit.cli;

import dev.godwit.plan.PlanTemplate;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code godwit init}: writes a commented plan to start from. */
@Command(
    name = "init",
    header = "Write a commented plan to start from.",
    description = "The plan shows every key that a plan can have. Edit it, then check it.",
    footer = {
      "  godwit init                    writes move.yaml",
      "  godwit init mail.yaml          writes mail.yaml",
      "  godwit init - | less           shows it"
    })
final class InitCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = {"-f", "--force"},
      description = "Overwrite a file that exists.")
  private boolean force;

  @Parameters(
      arity = "0..1",
      paramLabel = "PLAN",
      defaultValue = "move.yaml",
      description = "Where to write it; - is standard output. Default: ${DEFAULT-VALUE}.")
  private String plan;

  InitCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws UserFailure, IOException {
    String text = PlanTemplate.text();
    if (plan.equals("-")) {
      terminal.print(text.stripTrailing());
      return ExitCode.DONE.status();
    }
    write(Path.of(plan), text);
    terminal.note("Wrote " + plan + ". Edit it, then: godwit check " + plan);
    return ExitCode.DONE.status();
  }

  private void write(Path file, String text) throws UserFailure, IOException {
    OpenOption exists =
        force ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.CREATE_NEW;
    try {
      Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.WRITE, exists);
    } catch (FileAlreadyExistsException e) {
      throw new UserFailure(
          ExitCode.REFUSED,
          "unable to write " + file + ": it exists; name another file, or add --force");
    } catch (NoSuchFileException e) {
      throw new UserFailure(
          ExitCode.USAGE, "unable to write " + file + ": its directory does not exist");
    }
  }
}
