package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nothing of Godwit is left on either host, whether the move was given up or finished. */
@Tag("lab")
class AbandonTest {

  @Test
  void a_move_that_is_given_up_and_one_that_is_finished_leave_nothing() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      List<LabHost> hosts = List.of(move.old(), move.neu());
      List<Set<String>> before =
          List.of(TestingTraces.of(move.old()), TestingTraces.of(move.neu()));
      move.startClient();
      move.godwit(0, "start");
      // With gate and landing up, which a cut-over leaves that was taken back.
      byte[] good = move.neu().readFile(TestingOneMove.APP);
      move.neu()
          .writeFile(
              TestingOneMove.APP,
              "#!/bin/sh\n[ $1 != state ] || exit 3\n[ $1 = stop ]\n",
              "rwxr-xr-x");
      move.godwit(4, "cutover", "--yes");
      move.neu().writeFile(TestingOneMove.APP, new String(good), "rwxr-xr-x");
      assertThat(traces(hosts, before)).as("this test sees what runs").contains("gate-daemon");
      // A session that began in the hold goes through the gate for as long as it lasts.
      assertThat(move.godwit(5, "finish", "--abandon")).contains("finish --abandon --now");
      move.godwit(0, "finish", "--abandon", "--now");
      assertNothing(hosts, before);
      move.assertOldServes();
      move.endClient();
      move.assertNoneFailed(1); // --now cuts off its long session, perhaps in the middle of a word
      move.assertAllKept(move.old());
      move.startClient();

      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
      move.godwit(0, "finish", "--quiet", "1");
      assertNothing(hosts, before);
    }
  }

  private static String traces(List<LabHost> hosts, List<Set<String>> before) throws Exception {
    Set<String> left = new TreeSet<>();
    for (int i = 0; i < hosts.size(); i++) {
      LabHost host = hosts.get(i);
      TestingTraces.difference(before.get(i), TestingTraces.of(host)).stream()
          .filter(line -> !isService(line))
          .forEach(line -> left.add(host.name() + ": " + line));
    }
    return String.join("\n", left);
  }

  /**
   * The services have moved, as they should. The program itself stays on a far host, as the README
   * says, so that the next move need not send it.
   */
  static boolean isService(String line) {
    return line.matches(
            "\\+ path /var/lib/godwit(/agent(/agent-[0-9a-f]{64}(\\.jar|.*\\.aot|\\.used))?)?")
        || line.contains("dovecot")
        || line.contains("nginx")
        || line.contains("NotesApp")
        || line.matches("[+-] listens (tcp|udp) .*:(80|143|8080)");
  }

  private static void assertNothing(List<LabHost> hosts, List<Set<String>> before)
      throws Exception {
    // At once; only the far agent ends with the session of the command, and with nothing before it.
    assertThat(traces(hosts, before)).doesNotContain("-daemon ", "-supervisor ", " background ");
    TestingPatience.await(
        () -> "the end of " + traces(hosts, before), () -> traces(hosts, before).isEmpty());
  }
}
