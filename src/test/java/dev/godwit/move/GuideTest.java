package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.DemoPlan;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What docs/guide.md shows of a move is what the commands print: the same steps in the same order.
 * To write the page from a run: -Dgodwit.documents=write.
 */
@Tag("lab")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
final class GuideTest {
  private static final Path GUIDE = Path.of("docs/guide.md");
  private static final String PLAN = "mail.yaml";

  /** A step with its time, a part of the hold, or a state of the move. */
  private static final Pattern STEP =
      Pattern.compile(
          "(?m)^ +(?:✓ |\\+[\\d.,]+ s +)([\\w-]+)|^ +[\\d.,]+ ms {2}(\\w+)$|^Move \\w+: .*");

  /** What changes from run to run and says nothing of what is printed. */
  private static final Pattern RUNNING = Pattern.compile("(?m)^ +… .*\\n");

  private record Shown(String command, String text) {}

  private static List<String> steps(String text) {
    List<String> steps = new ArrayList<>();
    for (Matcher step = STEP.matcher(text); step.find(); ) {
      String name = step.group(1) == null ? step.group(2) : step.group(1);
      steps.add(name == null ? step.group() : name);
    }
    return steps;
  }

  private static List<Shown> run() throws Exception {
    List<Shown> all = new ArrayList<>();
    try (TestingMove move = TestingMove.up()) {
      String plan = new String(move.neu().readFile(DemoPlan.PATH), StandardCharsets.UTF_8);
      move.neu().writeFile("/root/" + PLAN, plan.replace("move: demo", "move: mail"));
      move.startClient();
      move.awaitRequests(30);
      for (String command :
          List.of("start", "status", "rehearse", "cutover --yes", "status", "report")) {
        all.add(shown(move, command));
        move.awaitRequests(50);
      }
      move.assertNoneFailed();
      move.endClient();
      Thread.sleep(1_100); // for finish, a second in which nobody comes has to have passed
      all.add(shown(move, "finish --quiet 1"));
    }
    return all;
  }

  private static Shown shown(TestingMove move, String command) throws Exception {
    String[] words = (command + " " + PLAN).split(" ");
    String text = RUNNING.matcher(move.godwit(0, words)).replaceAll("");
    return new Shown("new# godwit " + command + " " + PLAN, text.stripTrailing());
  }

  @Test
  void the_guide_shows_what_the_commands_print() throws Exception {
    boolean writes = "write".equals(System.getProperty("godwit.documents"));
    String guide = Files.readString(GUIDE);
    int from = 0;
    for (Shown shown : run()) {
      String begin = "```\n" + shown.command + "\n";
      int at = guide.indexOf(begin, from);
      assertThat(at).as("%s, after the one before it", shown.command).isNotNegative();
      at += begin.length();
      int end = guide.indexOf("\n```", at);
      if (writes) {
        guide = guide.substring(0, at) + shown.text + guide.substring(end);
        end = at + shown.text.length();
      }
      assertThat(steps(guide.substring(at, end)))
          .as("%s, written by -Dgodwit.documents=write", shown.command)
          .isNotEmpty()
          .isEqualTo(steps(shown.text));
      from = end;
    }
    if (writes) {
      Files.writeString(GUIDE, guide);
    }
  }
}
