package dev.godwit.cli;

import dev.godwit.draft.Draft;
import dev.godwit.draft.Interview;
import dev.godwit.host.Host;
import dev.godwit.host.ShellWord;
import dev.godwit.move.Hosts;
import dev.godwit.plan.PlanTemplate;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code godwit init}: writes a commented plan to start from. */
@Command(
    name = "init",
    header = "Write a plan to start from: of a host as it is, or a sample.",
    description = {
      "With HOST, the plan is written from what is found there: who listens for clients, where the"
          + " data lies, what the configuration names. Each line says why it is there; what could"
          + " not be decided is a question. Nothing is changed on the host.",
      "",
      "Without, it shows every key that a plan can have. Edit it, then check it.",
      "",
      "One argument is a plan when it is -, has a slash or ends in .yaml or .yml, else a host."
    },
    footer = {
      "  godwit init                           a sample in move.yaml",
      "  godwit init mail.yaml                 the same in mail.yaml",
      "  godwit init root@old.example.org      from that host, in move.yaml",
      "  godwit init root@old.example.org -    shows it"
    })
final class InitCommand implements Callable<Integer> {
  private static final String DEFAULT_PLAN = "move.yaml";

  private final Terminal terminal;

  @Option(
      names = {"-f", "--force"},
      description = "Overwrite a file that exists.")
  private boolean force;

  @Option(
      names = "--ssh",
      paramLabel = "ARGUMENT",
      description =
          "An extra argument for ssh, before the destination; may be given several times. The plan"
              + " gets them too.")
  private List<String> ssh = List.of();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "HOST",
      description = "Where the services are now: an ssh destination, or local.")
  private @Nullable String first;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "PLAN",
      description = "Where to write the plan; - is standard output. Default: move.yaml.")
  private @Nullable String second;

  InitCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws UserFailure, IOException {
    String host = second != null || (first != null && !isPlan(first)) ? first : null;
    String plan = second != null ? second : host == null && first != null ? first : DEFAULT_PLAN;
    if (host == null) {
      write(plan, PlanTemplate.text());
      return ExitCode.DONE.status();
    }
    if (!plan.equals("-") && !force && Files.exists(Path.of(plan))) {
      throw exists(Path.of(plan)); // before the host is asked, which takes a moment
    }
    try (Host old = Hosts.single("old", host, ssh, terminal::note)) {
      write(plan, Draft.of(Interview.with(old, host, ssh)));
    }
    return ExitCode.DONE.status();
  }

  private static boolean isPlan(String argument) {
    return argument.equals("-")
        || argument.endsWith(".yaml")
        || argument.endsWith(".yml")
        || (argument.contains("/") && !argument.startsWith("ssh://"));
  }

  private void write(String plan, String text) throws UserFailure, IOException {
    if (plan.equals("-")) {
      terminal.print(text.stripTrailing());
      return;
    }
    Path file = Path.of(plan);
    OpenOption exists =
        force ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.CREATE_NEW;
    try {
      Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.WRITE, exists);
    } catch (FileAlreadyExistsException e) {
      throw exists(file);
    } catch (NoSuchFileException e) {
      throw new UserFailure(
          ExitCode.USAGE, "unable to write " + file + ": its directory does not exist");
    }
    terminal.note("Wrote " + plan + ". Edit it, then: godwit check " + ShellWord.typed(plan));
  }

  private static UserFailure exists(Path file) {
    return new UserFailure(
        ExitCode.REFUSED,
        "unable to write " + file + ": it exists; name another file, or add --force");
  }
}
