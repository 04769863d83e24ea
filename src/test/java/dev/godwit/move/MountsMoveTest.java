package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * H25, H27: file systems that are mounted below what is moved go with it, there and back, whether
 * the other host has one at the place or not; one that is missing costs no file on either side.
 */
@Tag("lab")
@Timeout(600)
class MountsMoveTest {
  private static final String MEDIA = "/srv/www/media";
  private static final String IMAGE = "/root/media.img";
  private static final String STORE = "/srv-store";
  private static final List<String> FILES = List.of("one", "in/two", "in/deep/three");

  /** A file system of its own at the place, on a disk that outlives its mount. */
  private static void mountDisk(LabHost host) throws Exception {
    host.must("mkdir", "-p", MEDIA);
    if (host.run("test", "-e", IMAGE).exit() != 0) {
      host.must("truncate", "-s", "20M", IMAGE);
      host.must("mkfs.ext4", "-q", IMAGE);
    }
    host.must("mount", "-o", "loop", IMAGE, MEDIA);
  }

  private static void bind(LabHost host, String place) throws Exception {
    host.must("mkdir", "-p", STORE + place, place);
    host.must("mount", "--bind", STORE + place, place);
  }

  private static TestingMove up() throws Exception {
    TestingMove move = TestingMove.up();
    mountDisk(move.old());
    for (String file : FILES) {
      move.old().writeFile(MEDIA + "/" + file, "of old: " + file);
    }
    return move;
  }

  private static void name(TestingMove move, String mounts) throws Exception {
    move.changePlan(
        plan ->
            plan.replaceFirst(
                "  - (/srv/www|[{] path: /srv/www, .*)\n",
                "  - { path: /srv/www, mounts: " + mounts + " }\n"));
  }

  /** Files with their sizes, and folders, which each file system counts in its own way. */
  private static List<String> names(LabHost host, String folder) throws Exception {
    return host.must(
            "sh",
            "-c",
            "cd "
                + folder
                + " && find . -mindepth 1 -not -name lost+found"
                + " '(' -type f -printf '%P %s\\n' -o -printf '%P %y\\n' ')'")
        .lines()
        .sorted()
        .toList();
  }

  private static void assertSame(TestingMove move) throws Exception {
    assertThat(names(move.neu(), MEDIA)).isEqualTo(names(move.old(), MEDIA)).isNotEmpty();
  }

  private static boolean isMounted(LabHost host, String place) throws Exception {
    return host.run("mountpoint", "-q", place).exit() == 0;
  }

  @Test
  void h25_a_mount_of_old_is_moved_into_a_directory_and_back() throws Exception {
    try (TestingMove move = up()) {
      move.startClient();
      assertThat(move.godwit(1, "start")).contains("mounted below /srv/www: media (ext4)");
      name(move, "[media, none]");
      assertThat(move.godwit(1, "start")).contains("nothing is mounted at /srv/www/none");
      name(move, "[media]");
      move.godwit(0, "start");
      assertSame(move);
      assertThat(move.godwit(0, "rehearse")).contains("✓ check");
      assertThat(move.godwit(0, "status")).contains("with what is mounted there: media (ext4)");
      move.godwit(0, "verify");
      move.neu().must("chmod", "600", MEDIA + "/in/two");
      assertThat(move.godwit(1, "verify")).contains("media/in/two: mode 0644 and 0600", "1 differ");

      // One that comes later never takes part by itself.
      bind(move.old(), "/srv/www/later");
      assertThat(move.godwit(1, "cutover", "--yes"))
          .contains("mounted below /srv/www: later", "Name it under `mounts`");
      assertThat(move.godwit(1, "verify")).contains("mounted below /srv/www: later");
      move.old().must("umount", "-l", "/srv/www/later");
      move.old().must("rmdir", "/srv/www/later");
      // Nothing is removed where a mount was; new has it if it was seen before that.
      move.neu().must("sh", "-c", "[ ! -e /srv/www/later ] || rmdir /srv/www/later");

      move.godwit(0, "cutover", "--yes");
      assertThat(isMounted(move.neu(), MEDIA)).isFalse();
      move.neu().writeFile(MEDIA + "/accepted", "by new");
      TestingPatience.await(
          "old to follow", () -> move.old().run("test", "-e", MEDIA + "/accepted").exit() == 0);
      List<String> onNew = names(move.neu(), MEDIA);
      move.godwit(0, "verify");

      // What old would be given now, the mount would hide.
      move.old().must("umount", "-l", MEDIA);
      assertThat(move.godwit(1, "rollback", "--yes"))
          .contains("what was mounted at /srv/www/media is gone");
      assertThat(move.godwit(1, "verify")).contains("what was mounted at /srv/www/media is gone");
      move.assertNewServes();
      assertThat(names(move.neu(), MEDIA)).isEqualTo(onNew);
      mountDisk(move.old());
      move.godwit(0, "rollback", "--yes");
      assertThat(names(move.old(), MEDIA)).isEqualTo(onNew);
      move.old().must("umount", "-l", MEDIA);
      assertThat(names(move.old(), MEDIA)).as("below the mount").isEmpty();
      mountDisk(move.old());
      assertThat(names(move.old(), MEDIA)).isEqualTo(onNew);
      TestingPatience.await(
          "the mirror", () -> move.godwit(0, "status", "--json").contains("\"state\" : \"live\""));
      move.proveRolledBack();
    }
  }

  @Test
  void h27_a_mount_of_new_that_is_missing_costs_old_no_file() throws Exception {
    try (TestingMove move = up()) {
      LabHost neu = move.neu();
      String page = "/srv/www/site";
      bind(neu, MEDIA);
      bind(neu, page); // which is no mount on old
      name(move, "all");
      move.changePlan(
          plan -> plan.replace("http://127.0.0.1/\"", "http://127.0.0.1/media/in/two\""));
      move.startClient();
      move.godwit(0, "start");
      assertSame(move);
      assertThat(neu.must("find", STORE + MEDIA, "-name", "two")).as("on its disk").isNotBlank();
      // The check asks for a file that new has on a disk of its own.
      assertThat(move.godwit(0, "rehearse")).contains("✓ check");
      move.godwit(0, "cutover", "--yes");
      neu.writeFile(MEDIA + "/accepted", "by new");
      neu.writeFile(page + "/accepted", "by new");
      TestingPatience.await(
          "old to follow",
          () ->
              move.old().run("test", "-e", MEDIA + "/accepted").exit() == 0
                  && move.old().run("test", "-e", page + "/accepted").exit() == 0);
      List<String> before = names(move.old(), MEDIA);

      neu.must("umount", "-l", MEDIA);
      assertThat(names(neu, MEDIA)).isEmpty();
      assertThat(move.godwit(1, "rollback", "--yes"))
          .containsPattern("what was mounted at /srv/www/media is gone|has halted");
      move.killBackground(); // another process knows it too
      assertThat(move.godwit(1, "start")).contains("what was mounted at /srv/www/media is gone");
      assertThat(names(move.old(), MEDIA)).isEqualTo(before);
      bind(neu, MEDIA);
      move.godwit(0, "start");
      assertThat(names(neu, MEDIA)).isEqualTo(before);

      move.godwit(0, "rollback", "--yes");
      assertSame(move);
      assertThat(move.old().must("cat", page + "/accepted")).isEqualTo("by new");
      assertThat(isMounted(move.old(), MEDIA)).isTrue();
      move.proveRolledBack();
    }
  }
}
