package dev.godwit.forward.ladder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.forward.TestingNamespace;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the tools are called with; what comes of it is for the tests of the gate. */
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

  /** With the program that speaks to nftables chains without rules stay. */
  @Test
  void what_iptables_leaves_has_no_connection_tracked() throws Exception {
    try (TestingNamespace namespace = new TestingNamespace()) {
      namespace.call(
          () -> {
            PacketFilter filter = PacketFilter.of(PacketFilter.IPTABLES, "godwit_test");
            filter.prepare();
            connectOnce();
            assertThat(tracked()).as("with rules").isPositive();
            filter.remove();
            return null;
          });
    }
    try (TestingNamespace namespace = new TestingNamespace()) {
      namespace.call(
          () -> {
            PacketFilter filter = PacketFilter.of(PacketFilter.IPTABLES, "godwit_test");
            filter.prepare();
            filter.remove();
            connectOnce();
            assertThat(tracked()).as("after rules").isZero();
            return null;
          });
    }
  }

  private static void connectOnce() throws IOException {
    try (ServerSocket service = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        Socket client = new Socket("127.0.0.1", service.getLocalPort());
        Socket accepted = service.accept()) {
      assertThat(accepted.getPort()).isEqualTo(client.getLocalPort());
    }
  }

  /** Connections that the kernel tracks in the calling thread's network namespace. */
  private static int tracked() throws IOException {
    return Integer.parseInt(
        Files.readString(Path.of("/proc/sys/net/netfilter/nf_conntrack_count")).strip());
  }

  @Test
  void the_program_sees_the_elements_that_nftables_was_given_without_it() throws Exception {
    try (TestingNamespace host = new TestingNamespace()) {
      PacketFilter redirecting = PacketFilter.of(PacketFilter.NFTABLES, "godwit_test");
      host.call(done(redirecting::prepare));
      host.call(done(() -> redirecting.redirect(List.of(80, 443), 40_001)));
      host.call(done(() -> redirecting.redirect(List.of(80, 65_535), 513)));
      for (String family : List.of("ip", "ip6")) {
        assertThat(elements(host, family, "ports"))
            .containsExactlyInAnyOrder("80 timeout 10s : 513", "65535 timeout 10s : 513");
      }
      host.call(done(redirecting::clear));
      assertThat(elements(host, "ip6", "ports")).isEmpty();

      PacketFilter handing = PacketFilter.of(PacketFilter.NFTABLES, "godwit_test");
      host.call(done(handing::remove));
      host.call(done(handing::prepareHandOver));
      InetSocketAddress four = new InetSocketAddress("10.0.0.1", 8080);
      InetSocketAddress six = new InetSocketAddress("fd00::1", 443);
      host.call(done(() -> handing.handOver(Map.of(80, four), Map.of(143, six))));
      assertThat(elements(host, "ip", "ports")).containsExactly("80 timeout 10s : 10.0.0.1 . 8080");
      assertThat(elements(host, "ip", "sent")).containsExactly("10.0.0.1 . 8080");
      assertThat(elements(host, "ip6", "ports")).containsExactly("143 timeout 10s : fd00::1 . 443");
      assertThat(elements(host, "ip6", "sent")).containsExactly("fd00::1 . 443");
    }
  }

  @Test
  void where_one_family_has_no_table_nothing_changes_in_the_other() throws Exception {
    try (TestingNamespace host = new TestingNamespace()) {
      PacketFilter filter = PacketFilter.of(PacketFilter.NFTABLES, "godwit_test");
      host.call(done(filter::prepare));
      host.call(done(() -> filter.redirect(List.of(80), 40_001)));
      host.call(done(() -> filter.remove(List.of("ip6"))));
      assertThatThrownBy(() -> host.call(done(() -> filter.redirect(List.of(81), 40_001))))
          .isInstanceOfSatisfying(
              LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
      assertThat(elements(host, "ip", "ports")).containsExactly("80 timeout 10s : 40001");
      host.call(done(filter::clear));
      assertThat(elements(host, "ip", "ports")).isEmpty();
    }
  }

  /** Of a map or set as nft(8) prints it, without what is left of their time. */
  private static List<String> elements(TestingNamespace host, String family, String name)
      throws Exception {
    String kind = name.equals("ports") ? "map" : "set";
    List<String> command = host.inside("nft", "-n", "list", kind, family, "godwit_test", name);
    String said = TestingNamespace.command(command.toArray(String[]::new));
    Matcher elements = Pattern.compile("elements = \\{([^}]*)\\}").matcher(said);
    return elements.find()
        ? Pattern.compile(",")
            .splitAsStream(elements.group(1))
            .map(one -> one.strip().replaceAll("expires \\w+ ", ""))
            .toList()
        : List.of();
  }

  private interface Step {
    void make() throws Exception;
  }

  private static Callable<Void> done(Step step) {
    return () -> {
      step.make();
      return null;
    };
  }
}
