package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.DemoPlan;
import dev.godwit.demo.Lab;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A shared mount as the destination: an sshfs of the client's host, once with the server's root,
 * who may give files away, and once with a user of it, as where a server takes root for nobody.
 */
@Tag("lab")
class SharedMountTest {
  private static final String MOUNT = "/mnt/shared";

  private static void mount(TestingMove move, String user) throws Exception {
    move.neu()
        .must(
            "sshfs",
            user + "@" + Lab.OLD_ADDRESS + ":/srv/export",
            MOUNT,
            "-o",
            "allow_other,IdentityFile=/root/.ssh/id_ed25519");
  }

  @Test
  void it_is_recognised_and_tried() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      String plan = new String(move.neu().readFile(DemoPlan.PATH), StandardCharsets.UTF_8);
      move.old().must("mkdir", "-p", "/srv/export", "/srv/rich");
      move.old().writeFile("/srv/rich/file", "x");
      move.neu().must("mkdir", "-p", MOUNT);
      move.changePlan(
          before ->
              before.replaceFirst(
                  "files:\n", "files:\n  - { path: /srv/rich, to: " + MOUNT + "/rich }\n"));

      assertThat(move.godwit(0, "check")).doesNotContain("shared mount");

      mount(move, "root");
      String said = move.godwit(0, "check");
      assertThat(said)
          .containsPattern(
              "/mnt/shared/rich is on a shared mount \\(sshfs, root@10\\.103\\.0\\.2:/srv/export\\)")
          .contains(
              "does not keep: extended attributes (EOPNOTSUPP), access control lists (EOPNOTSUPP)")
          .contains("[shared-mount]")
          .doesNotContain("[owners-lost]", "[xattrs-lost]", "[acls-lost]");
      assertThat(move.old().must("find", "/srv/export", "-mindepth", "1")).isEmpty();

      // What is not kept is an error as soon as a file has it.
      move.old().must("setfattr", "-n", "user.colour", "-v", "blue", "/srv/rich/file");
      move.old().must("setfacl", "-m", "u:www-data:r", "/srv/rich/file");
      assertThat(move.godwit(1, "check"))
          .contains("[xattrs-lost]", "[acls-lost]")
          .doesNotContain("[owners-lost]");
      assertThat(move.godwit(1, "start")).contains("keeps no access control lists");
      move.neu().must("umount", MOUNT);

      move.old().must("useradd", "--create-home", "op");
      move.old().must("usermod", "-p", "*", "op");
      move.old().must("mkdir", "-p", "/home/op/.ssh");
      move.old().must("cp", "/root/.ssh/authorized_keys", "/home/op/.ssh/authorized_keys");
      move.old().must("chown", "-R", "op:op", "/home/op", "/srv/export");
      mount(move, "op");
      assertThat(move.godwit(1, "check"))
          .containsPattern("owners \\(E(PERM|ACCES)\\)")
          .contains("[owners-lost]");
      move.old().must("chown", "root:root", "/srv/export");
      assertThat(move.godwit(1, "check")).contains("which refuses a new file", "[shared-refuses]");
      move.neu().must("umount", MOUNT);

      move.changePlan(now -> plan);
      assertThat(move.godwit(0, "check")).doesNotContain("shared mount");
    }
  }
}
