package dev.godwit.forward.ladder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the tools are called with; what comes of it is GateTest's. */
final class PacketFilterTest {
  @TempDir Path directory;

  /** In the place of iptables-restore: notes its command lines. */
  private PacketFilter iptables(String then) throws IOException {
    Path script = directory.resolve("starter");
    Files.writeString(
        script, "#!/bin/sh\necho \"$@\" >> " + called() + "\ncat > /dev/null\n" + then);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return PacketFilter.of(PacketFilter.IPTABLES, "godwit_test", List.of(script.toString()));
  }

  private Path called() {
    return directory.resolve("called");
  }

  @Test
  void iptables_waits_for_others_who_change_rules_at_the_moment() throws Exception {
    iptables("").clear();
    assertThat(Files.readAllLines(called()))
        .first()
        .asString()
        .isEqualTo("iptables-restore --noflush --wait=5");
  }

  @Test
  void an_iptables_that_cannot_wait_is_used_without() throws Exception {
    PacketFilter old =
        iptables("case $3 in --wait*) echo \"$1: unrecognized option '$3'\" >&2; exit 2;; esac\n");
    old.clear();
    old.clear();
    List<String> lines = Files.readAllLines(called());
    assertThat(lines.subList(0, 2))
        .containsExactly("iptables-restore --noflush --wait=5", "iptables-restore --noflush");
    assertThat(lines.subList(2, lines.size())).allMatch(line -> !line.contains("--wait"));
  }
}
