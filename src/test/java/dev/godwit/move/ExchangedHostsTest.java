package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.check.Code;
import dev.godwit.demo.Fill;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabServices;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The plan's names lead to other machines than at the start. */
@Tag("lab")
class ExchangedHostsTest {
  private static final String MARK = Fill.SITE + "/written-on-old.txt";

  /** Which of the two has old's address. */
  private boolean isExchanged;

  @Test
  void h61_every_command_refuses_machines_that_are_not_those_of_the_start() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.controlFromClient();
      move.godwit(0, "start");
      newIsInstalledAnew(move);

      exchange(move);
      move.old().writeFile(MARK, "of the host that serves");
      assertThat(move.godwit(1, "check", "--json"))
          .contains(Code.OTHER_MACHINE.word(), "is now the machine that was new");
      refused(move, "start");
      refused(move, "rehearse");
      refused(move, "cutover", "--yes");
      refused(move, "finish", "--abandon", "--changed-host");
      // The mirrors too: they have lost their connections, and found the wrong hosts.
      TestingPatience.await(
          "the mirrors to say so", () -> move.godwit(0, "status").contains("machine that was"));
      assertThat(states(move)).isEqualTo("runs on old, not on new");
      exchange(move);

      move.godwit(0, "cutover", "--yes");
      assertThat(move.neu().readFile(MARK)).asString().isEqualTo("of the host that serves");
      exchange(move);
      refused(move, "rollback", "--yes");
      refused(move, "finish", "--now");
      assertThat(states(move)).isEqualTo("runs on new, not on old");
      exchange(move);
      move.godwit(0, "finish", "--now");
    }
  }

  /** A person says so, gives the move up and starts it again. */
  private static void newIsInstalledAnew(TestingMove move) throws Exception {
    move.neu().writeFile("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    for (String[] command :
        List.of(new String[] {"cutover", "--yes"}, new String[] {"finish", "--abandon"})) {
      assertThat(move.godwit(5, command))
          .contains("is another machine", "(machine id 0123456789abcdef0123456789abcdef; it was")
          .contains("godwit finish --abandon --changed-host");
    }
    assertThat(states(move)).isEqualTo("runs on old, not on new");
    move.godwit(0, "finish", "--abandon", "--changed-host");
    move.godwit(0, "start");
  }

  private static void refused(TestingMove move, String... command) throws Exception {
    assertThat(move.godwit(5, command))
        .containsPattern("is now the machine that was (old|new) when the move began")
        .contains("has its name or address moved?");
  }

  /** Whoever takes a host's address takes its ssh key along, so that nobody is alarmed. */
  private void exchange(TestingMove move) throws IOException {
    List<LabHost> hosts = List.of(move.old(), move.neu());
    List<String> addresses =
        isExchanged
            ? List.of(Lab.NEW_ADDRESS, Lab.OLD_ADDRESS)
            : List.of(Lab.OLD_ADDRESS, Lab.NEW_ADDRESS);
    for (int i = 0; i < 2; i++) {
      hosts.get(i).must("ip", "addr", "del", addresses.get(i) + "/24", "dev", "eth0");
    }
    for (int i = 0; i < 2; i++) {
      hosts.get(i).must("ip", "addr", "add", addresses.get(1 - i) + "/24", "dev", "eth0");
    }
    for (LabHost host : List.of(move.lab().client(), move.old(), move.neu())) {
      host.must("ip", "neigh", "flush", "all");
    }
    String known = "/root/.ssh/known_hosts";
    List<String> lines = new ArrayList<>(Files.readAllLines(move.lab().client().path(known)));
    String[] first = lines.get(0).split(" ", 2);
    String[] second = lines.get(1).split(" ", 2);
    move.lab()
        .client()
        .writeFile(known, "%s %s%n%s %s%n".formatted(first[0], second[1], second[0], first[1]));
    isExchanged = !isExchanged;
  }

  private static String states(TestingMove move) throws IOException {
    List<String> runs = new ArrayList<>();
    List<String> not = new ArrayList<>();
    for (LabHost host : List.of(move.old(), move.neu())) {
      boolean all = true;
      boolean none = true;
      for (String name : move.services().names()) {
        boolean is = host.run(LabServices.argv(name, "state").toArray(String[]::new)).exit() == 0;
        all &= is;
        none &= !is;
      }
      if (all) {
        runs.add(host.name());
      } else if (none) {
        not.add(host.name());
      }
    }
    return "runs on %s, not on %s".formatted(String.join(",", runs), String.join(",", not));
  }
}
