package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.DemoPlan;
import dev.godwit.demo.LabHost;
import dev.godwit.forward.ladder.PacketFilter;
import dev.godwit.forward.ladder.TestingPacketFilter;
import dev.godwit.linux.Namespaces;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands of docs/by-hand.md, as they stand there, take down everything after a cut-over, and
 * what a mirror and a forwarder have left beside it.
 */
@Tag("lab")
final class ByHandTest {
  private static final Pattern BLOCK =
      Pattern.compile("<!-- run: ([^>]*) -->\n```sh\n(.*?)```", Pattern.DOTALL);

  private static final String[] SERVICES = {"dovecot", "nginx", "app"};
  private static final String ADDRESS = "10.103.0.10";

  /** The lowest port of the plan. */
  private static final int PORT = 80;

  @Test
  void h57_a_cut_over_is_undone_with_plain_commands() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.old().must("ip", "address", "add", ADDRESS + "/24", "dev", "eth0");
      move.changePlan(
          plan -> plan + "\naddress: { floating: " + ADDRESS + "/24, interface: eth0 }\n");
      List<LabHost> hosts = List.of(move.old(), move.neu());
      List<Set<String>> before = new ArrayList<>();
      for (LabHost host : hosts) {
        before.add(TestingTraces.of(host));
      }
      Set<String> beside = new TreeSet<>(names(move.neu()));
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      // What a killed copy leaves, and a fence as it is on a host with systemd.
      String left = "/srv/www/.godwit-" + "0123456789abcdef".repeat(2);
      move.neu().writeFile(left, "half");
      String fence = "/etc/systemd/system/x.service.d/zz-godwit-fence.conf";
      move.old().writeFile(fence, "[Unit]\n");
      assertThat(TestingTraces.difference(before.getFirst(), TestingTraces.of(move.old())))
          .as("there is something to undo")
          .anyMatch(line -> line.contains("gate"))
          .anyMatch(line -> line.startsWith("+ rule") || line.contains("godwit/.transparent"))
          .anyMatch(line -> line.startsWith("+ setting") && line.contains(".eth0.arp_"));
      assertThat(onLink(move.neu())).contains(ADDRESS + "/24");
      assertThat(onLink(move.old())).doesNotContain(ADDRESS + "/");
      // Beside a cut-over that waited and was killed, and one that was inside a commit then.
      move.neu().writeFile("/root/demo.postponed", "");
      move.neu().writeFile("/root/demo.journal-journal", "");

      mirrorAndForward(move);

      Matcher blocks = BLOCK.matcher(Files.readString(Path.of("docs/by-hand.md")));
      int count = 0;
      while (blocks.find()) {
        count++;
        run(move, blocks.group(1), blocks.group(2));
      }
      assertThat(count).as("blocks of the page").isEqualTo(21);
      assertThat(Files.exists(move.neu().path(left))).isFalse();
      assertThat(Files.exists(move.old().path("/etc/systemd/system/x.service.d"))).isFalse();
      assertThat(names(move.neu())).isEqualTo(beside);
      assertThat(onLink(move.old())).contains(ADDRESS + "/24");
      // Tables that iptables has made for itself, and leaves.
      for (LabHost host : hosts) {
        host.run("nft", "delete table ip nat; delete table ip6 nat");
      }

      for (String service : SERVICES) {
        move.old().must("/usr/local/sbin/lab-" + service, "start");
      }
      for (int i = 0; i < hosts.size(); i++) {
        Set<String> was = before.get(i);
        LabHost host = hosts.get(i);
        TestingPatience.await(
            "nothing to be left on " + host.name(),
            () -> differences(was, host).isEmpty() || report(differences(was, host)));
      }
      move.startClient();
      move.assertOldServes();
    }
  }

  /** The process of this plan, whatever its path is made of, and of no other one. */
  @Test
  void only_the_process_of_the_plan_is_ended(@TempDir Path temporary) throws Exception {
    Path folder = Files.createDirectory(temporary.resolve("c++ (1) [x] $y"));
    List<Process> others = new ArrayList<>();
    Process ours = background(folder.resolve("b.yaml"));
    try {
      others.add(background(folder.resolve("b.yaml.other")));
      others.add(background(folder.resolve("b-yaml")));
      Matcher block = BLOCK.matcher(Files.readString(Path.of("docs/by-hand.md")));
      assertThat(block.find()).isTrue();
      Process shell =
          new ProcessBuilder(
                  "bash",
                  "-c",
                  "set -eu\nM=no-such-move\nPLAN=$0\n" + block.group(2),
                  folder.resolve("b.yaml").toString())
              .inheritIO()
              .start();
      assertThat(shell.waitFor()).isZero();
      assertThat(ours.waitFor(TestingPatience.LIMIT)).as("it was told to end").isTrue();
      assertThat(others).allMatch(Process::isAlive);
    } finally {
      others.add(ours);
      others.forEach(Process::destroyForcibly);
    }
  }

  /** Stands for it: its arguments end as those of the real one do. */
  private static Process background(Path plan) throws IOException {
    return new ProcessBuilder("bash", "-c", "read", "godwit.jar", "background", plan.toString())
        .start();
  }

  /** On new: a mirror that runs, and a forwarder that was killed. */
  private static void mirrorAndForward(TestingMove move) throws Exception {
    move.neu().must("mkdir", "-p", "/var/tmp/from", "/var/tmp/to");
    move.godwit(0, "mirror", "--background", "/var/tmp/from/", "/var/tmp/to");
    try (TestingCommand forward = move.godwit("forward", "9001", "127.0.0.1:80")) {
      forward.awaitLine("connections at once", TestingMove.COMMAND_LIMIT);
      forward.kill();
      assertThat(forward.exit(TestingMove.COMMAND_LIMIT)).isEqualTo(128 + 9);
    }
    assertThat(TestingTraces.of(move.neu()))
        .anyMatch(line -> line.startsWith("process ") && line.contains("godwit.jar mirror "))
        .anyMatch(line -> line.startsWith("path /run/godwit/_mirror/"))
        .anyMatch(line -> line.startsWith("path /var/lib/godwit/mirror/"))
        .anyMatch(line -> line.startsWith("path /run/godwit/_forward/"));
  }

  private static void run(TestingMove move, String where, String commands) throws Exception {
    String script =
        "set -eu\nM=demo\nPLAN=%s\nADDRESS=%s\nLENGTH=24\nLINK=eth0\nPORT=%d\n%s"
            .formatted(DemoPlan.PATH, ADDRESS, PORT, commands);
    switch (where) {
      case "controller", "new" -> bash(move.neu(), script);
      case "old" -> bash(move.old(), script);
      case "old, rules of nftables" -> rules(move.old(), PacketFilter.NFTABLES, false, script);
      case "old, rules of iptables" -> rules(move.old(), PacketFilter.IPTABLES, false, script);
      case "new, handed over by nftables" -> rules(move.neu(), PacketFilter.NFTABLES, true, script);
      case "new, handed over by iptables" -> rules(move.neu(), PacketFilter.IPTABLES, true, script);
      case "both" -> {
        bash(move.old(), script);
        bash(move.neu(), script);
      }
      case "new, services stop" -> {
        for (String service : SERVICES) {
          move.neu().must("/usr/local/sbin/lab-" + service, "stop");
        }
        bash(move.neu(), script);
      }
      case "both, each path" -> {
        for (String folder : move.folders()) {
          bash(move.old(), "DIR=" + folder + "\n" + script);
          bash(move.neu(), "DIR=" + folder + "\n" + script);
        }
      }
      default -> throw new AssertionError("the page names no host that is known: " + where);
    }
  }

  /** This kernel has no need of them, so they are put up here as a gate or a forwarder does it. */
  private static void rules(LabHost host, String tool, boolean handedOver, String script)
      throws Exception {
    CompletableFuture<Boolean> isUp = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("rules on " + host.name())
        .start(
            () -> {
              try {
                Namespaces.enterNetwork(host.pid());
                if (handedOver) {
                  TestingPacketFilter.handOver(tool, PORT, new InetSocketAddress("10.9.0.2", 80));
                } else {
                  TestingPacketFilter.putUp(tool, PORT);
                }
                isUp.complete(true);
              } catch (IOException | RuntimeException e) {
                isUp.completeExceptionally(e);
              }
            });
    assertThat(TestingPatience.get(isUp)).isTrue();
    String name = handedOver ? "godwit_pass_" : "godwit_gate_";
    assertThat(host.must("nft", "list ruleset")).as(tool).contains(name + PORT);
    bash(host, script);
    assertThat(host.must("nft", "list ruleset")).as(tool).doesNotContain(name);
  }

  private static String onLink(LabHost host) throws IOException {
    return host.must("ip", "-4", "-o", "address", "show", "dev", "eth0");
  }

  private static void bash(LabHost host, String script) throws IOException {
    LabHost.Outcome outcome = host.run(List.of("bash", "-c", script), Duration.ofSeconds(60));
    assertThat(outcome.exit()).as("%s on %s: %s", script, host.name(), outcome.err()).isZero();
  }

  private static Set<String> names(LabHost host) throws IOException {
    return new TreeSet<>(host.must("ls", "-A", "/root").lines().toList());
  }

  private static Set<String> differences(Set<String> before, LabHost host) throws IOException {
    Set<String> all = TestingTraces.difference(before, TestingTraces.of(host));
    all.removeIf(line -> line.contains("dovecot") || line.contains("nginx"));
    // A lab's host shows what lies on the machine; agents of earlier moves are removed with ours.
    all.removeIf(line -> line.startsWith("- path /var/lib/godwit"));
    return all;
  }

  private static boolean report(Set<String> differences) {
    System.out.println("still different: " + differences);
    return false;
  }
}
