package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** New has not enough room: said so at the start, nothing half-written, and old is not touched. */
@Tag("lab")
class FullDiskTest {
  /** Everything on old, with owner, mode, times and content; names as find(1) escapes them. */
  private static final String LOOK =
      "find /srv /var/vmail -printf '%p %y %m %U:%G %T@ %s %l\\0' | sort -z | tr '\\0' '\\n';"
          + " find /srv /var/vmail -type f -print0 | sort -z | xargs -0 sha256sum";

  /** Files of new that old does not have with the same content, temporary ones left out. */
  private static final String SUMS =
      "cd /srv/www; find . -type f ! -name '.godwit-*' ! -name filler -print0"
          + " | sort -z | xargs -0 -r sha256sum -z | tr '\\0\\n' '\\n?'";

  @Test
  void a_full_disk_on_new_is_named_and_old_is_untouched() throws Exception {
    // 40 of 100 files are pages of 10 KiB on average: 4 MiB are missing of about 7.
    try (TestingMove move = TestingMove.up(1500, "8s")) {
      move.neu()
          .must(
              "bash",
              "-euc",
              "fallocate -l $(( $(df --output=avail -B1 /srv | tail -1) - 3 * 1024 * 1024 ))"
                  + " /srv/filler");
      String before = look(move);
      try (TestingCommand start = move.godwit("start")) {
        assertThat(start.exit(COMMAND_LIMIT)).isEqualTo(1);
        assertThat(start.text())
            .as("host, path and cause")
            .containsPattern("godwit: .*new \\(this host\\)")
            .containsPattern("/srv/www/[a-z]")
            .contains("No space left on device")
            .contains("godwit start");
      }
      assertThat(look(move)).as("old, before and after").isEqualTo(before);
      assertThat(move.old().must("bash", "-euc", SUMS).lines().toList())
          .as("what new has is as old has it")
          .containsAll(move.neu().must("bash", "-euc", SUMS).lines().toList());

      move.startClient();
      move.godwit(5, "cutover", "--yes"); // new does not follow old yet
      move.neu().must("rm", "/srv/filler");
      move.godwit(0, "start");
      assertThat(move.neu().must("find", "/srv/www", "-name", ".godwit-*")).isEmpty();
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
    }
  }

  private static String look(TestingMove move) throws Exception {
    // Dovecot and the application rest: nobody asks them.
    return move.old().must("bash", "-euc", LOOK);
  }
}
