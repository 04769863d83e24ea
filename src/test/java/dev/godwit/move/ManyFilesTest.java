package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.LabOptions;
import dev.godwit.demo.LabOptions.DataDisk;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The hold costs what has changed, not what is there: switches there and back with few files, and
 * with many more that nobody touches, in one lab. What each hold took is printed;
 * docs/reliability.md has what was measured with {@code -Dgodwit.many.files=1000000}.
 */
@Tag("lab")
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class ManyFilesTest {
  private static final int MANY = Integer.getInteger("godwit.many.files", 10_000);

  /** Switches there and back with each number of files. */
  private static final int ROUNDS = Integer.getInteger("godwit.many.rounds", 1);

  /** A tenth of them hold some bytes. */
  private static final String FILES =
      """
      import os, sys
      for i in range(int(sys.argv[1])):
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
      List<Double> few = holds(move);
      move.old().must("python3", "-c", FILES, Integer.toString(MANY));
      move.godwit(0, "start"); // returns when new has them all
      String count = "find /srv/www/many -type f | wc -l";
      assertThat(move.neu().must("bash", "-c", count).strip()).isEqualTo(Integer.toString(MANY));
      List<Double> many = holds(move);
      System.out.printf(
          "measured: holds %s ms with few files, %s ms with %,d more%n", few, many, MANY);
      move.proveRolledBack();
    }
  }

  /** There and back, with all that the hold consisted of. */
  private static List<Double> holds(TestingMove move) throws Exception {
    List<Double> holds = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      for (Direction direction : Direction.values()) {
        move.awaitRequests(20);
        move.godwit(0, direction.command(), "--yes");
        TestingHold hold = TestingHold.of(move);
        hold.assertWhole();
        holds.add(hold.millis());
      }
    }
    move.assertNoneFailed();
    return holds;
  }
}
