package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The host that does not serve dies, and does not come back: the move can be ended all the same.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DeadHostTest {
  @Test
  @Order(1)
  void h57_finish_without_old_leaves_nothing_on_new_and_the_fences_on_old() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      TestingBoot.installBoth(move);
      Set<String> before = TestingTraces.of(move.neu());
      move.godwit(0, "start");
      assertThat(move.godwit(5, "finish")).contains("cannot be finished");
      move.godwit(0, "cutover", "--yes");
      assertThat(move.godwit(5, "finish", "--without-old", "--quiet", "1"))
          .contains("old is not dead: it answers");
      assertThat(move.godwit(5, "finish", "--without-new"))
          .contains("serves on new", "godwit finish --abandon --without-new");
      assertThat(TestingTraces.of(move.neu())).anyMatch(line -> line.contains("landing-daemon"));
      TestingBoot.die(move.old());
      assertThat(move.godwit(3, "finish", "--quiet", "1")).contains("old (root@10.103.0.2)");
      assertThat(TestingTraces.of(move.neu()))
          .as("nothing was begun")
          .anyMatch(line -> line.contains("landing-daemon"));
      assertThat(move.godwit(0, "finish", "--without-old"))
          .contains("old was given up, and nothing was taken down there (", "fences")
          .contains("A host that was given up", "with M=demo")
          .contains("Nothing of Godwit runs on new any more")
          .doesNotContain("gate-old", "landing-old");
      assertNothing(move.neu(), before);
      assertThat(move.godwit(0, "finish")).contains("It was finished before");
      assertThat(move.godwit(0, "status"))
          .contains("new serves; the move is over", "old was given up");
      assertThat(move.godwit(0, "report"))
          .contains("[left-behind]", "Nothing of Godwit is left on new; old can be thrown away.");
      TestingBoot.boot(move.old());
      for (String name : TestingBoot.SERVICES) {
        assertThat(move.old().run("/etc/init.d/" + name, "status").exit()).isNotZero();
      }
      move.startClient(Lab.NEW_ADDRESS);
      move.assertNewServes();
    }
  }

  /** New has the address by an order only: a boot takes it away, and old cannot be asked. */
  @Test
  @Order(3)
  void h57_h68_the_address_is_kept_on_new_while_old_is_dead() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      TestingBoot.installBoth(move);
      String address = "10.103.0.10/24";
      move.old().must("ip", "address", "add", address, "dev", "eth0");
      move.changePlan(plan -> plan + "\naddress: { floating: " + address + ", interface: eth0 }\n");
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      TestingBoot.die(move.old());
      move.neu().must("ip", "address", "del", address, "dev", "eth0");
      awaitAddress(move.neu(), "after it was taken off");
      TestingBoot.die(move.neu());
      move.neu().must("ip", "address", "del", address, "dev", "eth0");
      TestingBoot.beginBoot(move.neu());
      awaitAddress(move.neu(), "after a boot");
      assertThat(move.godwit(5, "finish", "--without-old"))
          .contains("dovecot, nginx, app: not running on new", "finish --without-old --now")
          .doesNotContain("go back");
      for (String name : TestingBoot.SERVICES) {
        move.neu().must("/etc/init.d/" + name, "start");
      }
      move.neu().must("pkill", "-f", "[ ]go-on /");
      move.neu().must("ip", "address", "del", address, "dev", "eth0");
      assertThat(move.godwit(0, "finish", "--without-old"))
          .contains("Address: " + address + " is on new", "old cannot be reached");
      assertThat(has(move.neu(), address)).isTrue();
    }
  }

  private static void awaitAddress(LabHost host, String when) throws Exception {
    TestingPatience.await("the address on new " + when, () -> has(host, "10.103.0.10/24"));
  }

  private static boolean has(LabHost host, String address) throws Exception {
    return host.must("ip", "-4", "-o", "address", "show", "dev", "eth0").contains(address);
  }

  @Test
  @Order(2)
  void abandon_without_new_leaves_nothing_on_old() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.controlFromClient();
      Set<String> before = TestingTraces.of(move.old());
      move.godwit(0, "start");
      TestingBoot.die(move.neu());
      move.godwit(3, "finish", "--abandon");
      assertThat(move.godwit(0, "finish", "--abandon", "--without-new"))
          .contains("new was given up", "nothing keeps dovecot, nginx, app")
          .doesNotContain("unfence", "gate-new");
      assertNothing(move.old(), before);
      move.startClient();
      move.assertOldServes();
    }
  }

  static void assertNothing(LabHost host, Set<String> before) throws Exception {
    TestingPatience.await(
        "nothing to be left on " + host.name(),
        () -> {
          List<String> left =
              TestingTraces.difference(before, TestingTraces.of(host)).stream()
                  .filter(line -> line.matches("(?i)\\+ .*godwit.*"))
                  .filter(line -> !AbandonTest.isService(line))
                  .toList();
          left.forEach(System.out::println);
          return left.isEmpty();
        });
  }
}
