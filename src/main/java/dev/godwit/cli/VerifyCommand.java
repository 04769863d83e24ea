package dev.godwit.cli;

import dev.godwit.move.Move;
import dev.godwit.move.Verification;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import dev.godwit.sync.CompareResult;
import dev.godwit.sync.Difference;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit verify}: what both hosts have, compared. */
@Command(
    name = "verify",
    header = "Compare what both hosts have; change nothing.",
    description = {
      "Reads the plan's trees on both hosts, the content of all files too, and asks for the mailboxes"
          + " of the plan's checks. What is only on its way to the other host is no difference.",
      "Possible from start to finish, before and after a switch. Ends with 0 when nothing differs,"
          + " with 1 otherwise."
    },
    footer = {
      "  godwit verify move.yaml         say what differs",
      "  godwit verify --json move.yaml  the same for programs"
    })
final class VerifyCommand extends MoveCommand {
  /** How many names of a tree are shown. */
  private static final int SHOWN_MAX = 20;

  /** Where the words about a tree begin. */
  private static final int TREE_COLUMN = 27;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  VerifyCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, InterruptedException {
    Plan plan = plan();
    Verification.Result result;
    try (StepLines lines = new StepLines(terminal(), "read");
        Move move = Move.open(plan, "verify", lines);
        Interruption interruption = Interruption.of(terminal(), move::stop)) {
      result = new Verification(move).run();
    }
    if (json) {
      printJson(object(result));
    } else {
      print(result);
    }
    return (result.isEqual() ? ExitCode.DONE : ExitCode.FINDINGS).status();
  }

  private void print(Verification.Result result) {
    for (Verification.Tree tree : result.trees()) {
      terminal().print(TREE_COLUMN, "  %-24s %s".formatted(tree.path(), words(tree)));
      names(tree.differing(), tree.differs());
      if (!tree.changing().isEmpty()) {
        terminal().print("    these change all the time:");
        names(tree.changing(), tree.changing().size());
      }
    }
    result.mail().forEach(mail -> terminal().print(4, "  " + mail.text()));
    terminal().print(sentence(result));
  }

  private static String words(Verification.Tree tree) {
    CompareResult looked = tree.looked();
    if (looked == null) {
      return "not compared: " + tree.notCompared();
    }
    return "%s files, %s, %s"
        .formatted(
            Amounts.count(looked.files()),
            Amounts.bytes(looked.bytes()),
            tree.differs() > 0
                ? Amounts.count(tree.differs()) + " differ:"
                : looked.digest().isEmpty() ? "equal" : "equal, SHA-256 " + looked.digest());
  }

  private void names(List<Difference> first, long count) {
    first.stream().limit(SHOWN_MAX).forEach(one -> terminal().print(6, "    " + one));
    if (count > SHOWN_MAX) {
      terminal().print("    and %s more".formatted(Amounts.count(count - SHOWN_MAX)));
    }
  }

  private static String sentence(Verification.Result result) {
    if (result.isEqual()) {
      String words = result.sentence();
      return Character.toUpperCase(words.charAt(0)) + words.substring(1) + ".";
    }
    return "%s differ; of two values the first is that of %s. Nothing was changed."
        .formatted(Amounts.count(result.differs()), result.serving());
  }

  private static Map<String, Object> object(Verification.Result result) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("equal", result.isEqual());
    object.put("serving", result.serving());
    object.put("following", result.next());
    object.put("differences", result.differs());
    object.put("trees", result.trees().stream().map(VerifyCommand::object).toList());
    object.put("mailboxes", result.mail().stream().map(VerifyCommand::object).toList());
    return object;
  }

  private static Map<String, Object> object(Verification.Tree tree) {
    CompareResult looked = tree.looked();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("path", tree.path());
    object.put("not_compared", tree.notCompared());
    object.put("names", looked == null ? 0 : looked.names());
    object.put("files", looked == null ? 0 : looked.files());
    object.put("bytes", looked == null ? 0 : looked.bytes());
    object.put("sha256", looked == null || looked.digest().isEmpty() ? null : looked.digest());
    object.put("differences", tree.differs());
    object.put("first", objects(tree.differing()));
    object.put("changing", objects(tree.changing()));
    return object;
  }

  private static List<Object> objects(List<Difference> names) {
    List<Object> objects = new ArrayList<>();
    for (Difference one : names.subList(0, Math.min(SHOWN_MAX, names.size()))) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("path", one.shownPath());
      object.put("what", one.what());
      objects.add(object);
    }
    return objects;
  }

  private static Map<String, Object> object(Verification.Mail mail) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("user", mail.user());
    object.put("not_compared", mail.notCompared());
    object.put("compared_with", mail.notCompared() == null ? mail.with() : null);
    object.put("differences", mail.differences());
    return object;
  }
}
