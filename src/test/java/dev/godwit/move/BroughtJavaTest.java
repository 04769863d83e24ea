package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Old has no Java that would do, as a host of ten years: it is brought one, for all of the move.
 */
@Tag("lab")
final class BroughtJavaTest {
  /** Only its application has one, where nobody looks. */
  private static final String HIDE =
      """
      mkdir -p /mnt/of-the-app
      mount --bind %1$s /mnt/of-the-app
      mount -t tmpfs none %1$s
      sed -i s,%1$s,/mnt/of-the-app, /usr/local/sbin/lab-app
      rm -f /var/lib/godwit/agent/*
      """
          .formatted(System.getProperty("java.home"));

  @Test
  void there_and_back_with_a_host_that_has_no_java() throws Exception {
    try (TestingMove move = TestingMove.up(100)) {
      move.old().must("bash", "-euc", HIDE);
      move.startClient();
      String checked = move.godwit(0, "check");
      assertThat(checked)
          .contains(
              "sending a Java to old (root@10.103.0.2), ",
              "sending the agent to old (root@10.103.0.2), ",
              "✓ old (root@10.103.0.2) answers");
      assertThat(move.godwit(0, "start")).as("it is there by now").doesNotContain("sending ");
      move.godwit(0, "rehearse");
      move.godwit(0, "cutover", "--yes");
      move.assertNewServes();
      move.godwit(0, "rollback", "--yes");
      move.assertOldServes();
      move.godwit(0, "cutover", "--yes");
      move.proveMoved();
      move.godwit(0, "finish", "--now");
      List<String> left = move.old().must("ls", "/var/lib/godwit/agent").lines().toList();
      assertThat(left).anyMatch(name -> name.matches("runtime-[0-9a-f]{64}"));
      assertThat(move.old().must("ls", "/var/lib/godwit")).doesNotContain("moves");
    }
  }
}
