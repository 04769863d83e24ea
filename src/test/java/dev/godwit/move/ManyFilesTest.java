package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabOptions;
import dev.godwit.demo.LabOptions.DataDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The hold costs what has changed, not what is there: switches there and back with few files, and
 * with many more that nobody touches, in one lab. What each hold took is printed;
 * docs/reliability.md has what was measured with {@code -Dgodwit.many.files=1000000}.
 *
 * <p>Compared is what is left of a hold without the steps that wait for the services: they know
 * nothing of files. {@code -Dgodwit.quiet=true} asserts what is promised, 200 ms; by default that
 * is allowed twice over, and for as much slower a machine as the services' steps say that it was.
 */
@Tag("lab")
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class ManyFilesTest {
  private static final int MANY = Integer.getInteger("godwit.many.files", 10_000);

  /** As many as a command makes within its time while a mirror looks at each of them. */
  private static final int AT_ONCE = 50_000;

  /** Switches there and back with each number of files. */
  private static final int ROUNDS = Integer.getInteger("godwit.many.rounds", 1);

  /** By which the hold may grow, whatever the number of files. */
  private static final double GROWTH_MS = 200;

  /** The steps whose time is the services' own. */
  private static final List<String> OF_SERVICES = List.of("drain", "stop", "start", "check");

  /** A tenth of them hold some bytes. */
  private static final String FILES =
      """
      import os, sys
      for i in range(int(sys.argv[1]), int(sys.argv[2])):
          if i % 1000 == 0:
              folder = "/srv/www/many/%d" % (i // 1000)
              os.makedirs(folder)
          f = os.open("%s/%d" % (folder, i), os.O_CREAT | os.O_WRONLY, 0o644)
          if i % 10 == 0:
              os.write(f, b"small %d" % i)
          os.close(f)
      """;

  @Test
  void the_hold_does_not_grow_with_the_number_of_files() throws Exception {
    LabOptions room = LabOptions.forFiles(300);
    DataDisk srv = room.data().getFirst();
    DataDisk larger =
        new DataDisk(
            srv.path(), srv.sizeMib() + 64 + MANY / 1000, srv.inodes() + MANY + MANY / 100);
    List<DataDisk> disks = new ArrayList<>(room.data());
    disks.set(0, larger);
    try (TestingMove move =
        TestingMove.up(300, new LabOptions(room.shown(), disks, disks), "60s")) {
      move.startClient();
      move.godwit(0, "start");
      List<TestingHold> few = holds(move);
      for (int i = 0; i < MANY; i += AT_ONCE) {
        int end = Math.min(MANY, i + AT_ONCE);
        move.old().must("python3", "-c", FILES, Integer.toString(i), Integer.toString(end));
      }
      move.godwit(0, "start"); // returns when new has them all
      String count = "find /srv/www/many -type f | wc -l";
      assertThat(move.neu().must("bash", "-c", count).strip()).isEqualTo(Integer.toString(MANY));
      List<TestingHold> many = holds(move);
      assertDoesNotGrow(few, many);
      assertThat(ofMany(move.neu())).isEqualTo(ofMany(move.old()));
      // What compares everything else keeps all names in memory.
      move.old().must("mv", "/srv/www/many", "/srv/many");
      move.proveRolledBack();
    }
  }

  /** Names, sizes, times, modes, owners, and content. */
  private static String ofMany(LabHost host) throws IOException {
    return host.must(
        "bash",
        "-c",
        "cd /srv/www/many && find . -type d -printf '%p %T@ %m %U %G\\n'"
            + " -o -printf '%p %T@ %m %U %G %s\\n' | LC_ALL=C sort | sha256sum"
            + " && find . -type f -size +0 | LC_ALL=C sort | xargs cat | sha256sum");
  }

  private static void assertDoesNotGrow(List<TestingHold> few, List<TestingHold> many) {
    double before = typical(few, hold -> hold.millis() - ofServices(hold));
    double after = typical(many, hold -> hold.millis() - ofServices(hold));
    double slower =
        Math.max(
            1, typical(many, ManyFilesTest::ofServices) / typical(few, ManyFilesTest::ofServices));
    double allowed = TestingQuiet.MACHINE ? before + GROWTH_MS : 2 * slower * (before + GROWTH_MS);
    System.out.printf(
        "measured: holds %s ms with few files, %s ms with %,d more; without the services' steps %.0f and %.0f ms, those %.1f times as long; allowed %.0f ms%n",
        few.stream().map(TestingHold::millis).toList(),
        many.stream().map(TestingHold::millis).toList(),
        MANY,
        before,
        after,
        slower,
        allowed);
    assertThat(after)
        .as("ms of a hold without %s, with %,d files more; before: %.0f", OF_SERVICES, MANY, before)
        .isLessThanOrEqualTo(allowed);
  }

  private static double ofServices(TestingHold hold) {
    return OF_SERVICES.stream().mapToDouble(step -> hold.parts().getOrDefault(step, 0.0)).sum();
  }

  /** The median; of an even number the lower one, for load only ever adds. */
  private static double typical(List<TestingHold> holds, ToDoubleFunction<TestingHold> of) {
    return holds.stream().mapToDouble(of).sorted().toArray()[(holds.size() - 1) / 2];
  }

  /** There and back, with all that the hold consisted of. */
  private static List<TestingHold> holds(TestingMove move) throws Exception {
    List<TestingHold> holds = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      for (Direction direction : Direction.values()) {
        move.awaitRequests(20);
        move.godwit(0, direction.command(), "--yes");
        TestingHold hold = TestingHold.of(move);
        hold.assertWhole();
        holds.add(hold);
      }
    }
    move.assertNoneFailed();
    return holds;
  }
}
