package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** New has not enough room: said so at the start, nothing half-written, and old is not touched. */
@Tag("lab")
class FullDiskTest {
  /** Everything on old, with owner, mode, times and content; names as find(1) escapes them. */
  private static final String LOOK =
      "find /srv /var/vmail -printf '%p %y %m %U:%G %T@ %s %l\\0' | sort -z | tr '\\0' '\\n';"
          + " find /srv /var/vmail -type f -print0 | sort -z | xargs -0 sha256sum";

  /** Files of new that old does not have with the same content, temporary ones left out. */
  private static final String SUMS =
      "cd /srv; find . -type f ! -name '.godwit-*' ! -name 'filler*' -print0"
          + " | sort -z | xargs -0 -r sha256sum -z | tr '\\0\\n' '\\n?'";

  private static final String FILL =
      "dd if=/dev/zero of=/srv/filler bs=1M || dd if=/dev/zero of=/srv/filler-2 bs=1k || true";

  /** What finds no room on a full disk. */
  private static final String LATE = "head -c 4000000 /dev/zero > /srv/www/late";

  /**
   * @param freeKib what new has left: too little for the files, or not even enough for a folder
   */
  @ParameterizedTest
  @ValueSource(ints = {3 * 1024, 0})
  void a_full_disk_on_new_is_named_and_old_is_untouched(int freeKib) throws Exception {
    try (TestingMove move = TestingMove.up(1500)) {
      fill(move, freeKib);
      String before = look(move);
      try (TestingCommand start = move.godwit("start")) {
        assertThat(start.exit(COMMAND_LIMIT)).as(start.text()).isEqualTo(1);
        assertThat(start.text())
            .as("host, path and cause")
            .containsPattern("new \\(this host\\): .*/srv/(www|notes).* more are needed");
      }
      assertThat(look(move)).as("old, before and after").isEqualTo(before);
      assertThat(move.old().must("bash", "-euc", SUMS).lines().toList())
          .as("what new has is as old has it")
          .containsAll(move.neu().must("bash", "-euc", SUMS).lines().toList());

      move.startClient();
      move.godwit(5, "cutover", "--yes"); // new does not follow old yet
      move.neu().must("bash", "-euc", "rm /srv/filler*");
      move.godwit(0, "start");
      assertThat(move.neu().must("find", "/srv", "-name", ".godwit-*")).isEmpty();
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
    }
  }

  /** All is taken down; that what stays on old is no copy is in the exit value, too. */
  @Test
  void h83_who_finishes_with_a_full_disk_on_old_is_told_what_old_lacks() throws Exception {
    try (TestingMove move = TestingMove.up(50)) {
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      move.old().must("bash", "-uc", FILL);
      move.neu().must("bash", "-euc", LATE);
      awaitLate(move);
      String said = move.godwit(1, "finish", "--now");
      assertThat(said)
          .containsPattern("old has not all that new has: .*/srv/www/late")
          .contains("If its copy is still wanted: remove the cause, then copy once more")
          .contains("Finished. Nothing of Godwit runs on either host any more.");
      assertThat(move.godwit(0, "report")).contains("old has not all that new has");
      assertThat(move.godwit(0, "finish")).contains("It was finished before");
    }
  }

  /** Whoever gives a move up has no use for the copy. */
  @Test
  void h83_who_gives_up_a_move_with_a_full_disk_on_new_has_nothing_to_mend() throws Exception {
    try (TestingMove move = TestingMove.up(50)) {
      move.godwit(0, "start");
      move.neu().must("bash", "-uc", FILL);
      move.old().must("bash", "-euc", LATE);
      awaitLate(move);
      assertThat(move.godwit(0, "finish", "--abandon"))
          .containsPattern("mirror .* ended, but .*/srv/www/late")
          .doesNotContain("has not all")
          .contains("Abandoned. Old serves as before");
    }
  }

  private static void awaitLate(TestingMove move) throws Exception {
    AtomicReference<String> status = new AtomicReference<>("");
    TestingPatience.await(
        () -> "the mirror that finds no room: " + status.get(),
        () -> {
          try (TestingCommand command = move.godwit("status")) {
            int unused = command.exit(COMMAND_LIMIT); // that it is a problem is told later
            status.set(command.text());
            return command.text().contains("late");
          }
        });
  }

  private static void fill(TestingMove move, int freeKib) throws Exception {
    String script =
        freeKib > 0
            ? "mkdir /srv/notes /srv/www; fallocate -l"
                + " $(($(df --output=avail -B1 /srv | tail -1) - %d * 1024)) /srv/filler"
            : FILL + "; ! mkdir /srv/www";
    move.neu().must("bash", "-uc", script.formatted(freeKib));
  }

  private static String look(TestingMove move) throws Exception {
    // Dovecot and the application rest: nobody asks them.
    return move.old().must("bash", "-euc", LOOK);
  }
}
