package dev.godwit.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether connections live through the move is tried; that they do is in FloatingAddressTest. */
final class AddressHolderTest {
  @TempDir private Path directory;

  private AddressHolder holder(String address, String link, String nft) {
    return new AddressHolder(
        new FloatingAddress(InetAddress.ofLiteral(address), 24, link),
        directory,
        "m",
        new Nft(nft));
  }

  /** Keeps what it is told, and says what an nft of a kernel says that lacks something. */
  private String lesserNft(String said, int exit) throws Exception {
    Path program = directory.resolve("nft");
    Files.writeString(
        program,
        """
        #!/bin/sh
        echo "$*" >>%1$s/argv
        cat >>%1$s/script
        printf '%2$s' >&2
        exit %3$d
        """
            .formatted(directory, said, exit));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return program.toString();
  }

  private static String rules() throws Exception {
    Process nft = new ProcessBuilder("nft", "list", "ruleset").start();
    return new String(nft.getInputStream().readAllBytes());
  }

  @Test
  void the_real_rules_are_tried_and_nothing_is_changed() throws Exception {
    assertThat(holder("127.0.0.10", "lo", "nft").whyNoStrays()).isEmpty();
    assertThat(holder("2001:db8::10", "lo", "nft").whyNoStrays()).isEmpty();
    assertThat(rules()).doesNotContain("godwit_m");
  }

  @Test
  void what_the_kernel_lacks_is_said_and_not_only_that_nft_is_there() throws Exception {
    String said =
        "/dev/stdin:9:55-60: Error: Could not process rule: No such file\\n dup to x\\n ^";
    String nft = lesserNft(said, 1);
    assertThat(holder("127.0.0.10", "lo", nft).whyNoStrays())
        .isEqualTo(
            nft + " refuses the rules: Error: Could not process rule: No such file in: dup to x");
    assertThat(holder("127.0.0.10", "lo", "no-such-nft").whyNoStrays())
        .isEqualTo("the program no-such-nft is not installed here");
  }

  /** Else it would be another script that was tried. */
  @Test
  void what_is_tried_is_what_is_done() throws Exception {
    AddressHolder holder = holder("127.0.0.10", "lo", lesserNft("", 0));
    assertThat(holder.whyNoStrays()).isEmpty();
    String tried = Files.readString(directory.resolve("script"));
    assertThat(holder.sendStrays(InetAddress.ofLiteral("127.0.0.1"), new byte[6])).isTrue();
    assertThat(Files.readString(directory.resolve("script"))).isEqualTo(tried + tried);
    assertThat(tried).contains("dup to 127.0.0.1 device \"lo\"");
    assertThat(Files.readAllLines(directory.resolve("argv")))
        .isEqualTo(List.of("--check -f -", "-f -"));
  }

  /** From when it had the address before: nothing was tracked when they began. */
  @Test
  void h68_what_a_host_has_open_itself_is_no_stray() throws Exception {
    try (TestingNamespace here = new TestingNamespace();
        TestingNamespace there = new TestingNamespace();
        TestingNamespace clients = new TestingNamespace()) {
      here.connectTo(there, 9);
      here.connectTo(clients, 8);
      for (String address : List.of("10.8.0.1", "fd08::1")) {
        InetAddress floating = InetAddress.ofLiteral(address);
        try (ServerSocket service = here.call(() -> new ServerSocket(8080, 5, floating));
            Socket client = clients.call(() -> new Socket(floating, 8080));
            Socket accepted = service.accept()) {
          accepted.setSoTimeout(TestingPatience.MILLIS);
          String other = address.contains(":") ? "fd09::2" : "10.9.0.2";
          sendStrays(here, address, "gw9a", there, other, "gw9b");
          client.getOutputStream().write(1);
          assertThat(accepted.getInputStream().read()).isEqualTo(1);
        }
      }
    }
  }

  /** While an address moves back, both hosts send on what is not theirs. */
  @Test
  void h68_what_nobody_has_is_not_sent_to_and_fro() throws Exception {
    assertThat(sentOfStray(true, false)).as("with what is said again").isBetween(1L, 10L);
  }

  /** The kernel has not seen the first one end, and would take the second one for it. */
  @Test
  void h68_a_stray_is_one_though_its_ports_had_a_connection_of_this_host() throws Exception {
    assertThat(sentOfStray(false, true)).isPositive();
  }

  /**
   * How many packets were sent on, of a connection that is open at its client alone.
   *
   * @param both whether the other host sends on what it does not have, too
   * @param again whether the same ports had a connection while all were tracked, and whose end was
   *     not
   */
  private long sentOfStray(boolean both, boolean again) throws Exception {
    try (TestingNamespace here = new TestingNamespace();
        TestingNamespace there = new TestingNamespace();
        TestingNamespace clients = new TestingNamespace()) {
      here.connectTo(there, 9);
      here.connectTo(clients, 8);
      for (TestingNamespace host : List.of(here, there)) {
        run(host, "ip", "address", "add", "10.99.0.1/32", "dev", "lo");
      }
      run(clients, "ip", "route", "add", "10.99.0.1", "via", "10.8.0.1");
      InetAddress floating = InetAddress.ofLiteral("10.99.0.1");
      try (ServerSocket service = here.call(() -> new ServerSocket(8080, 5, floating))) {
        if (again) {
          sendStrays(here, "10.99.0.1", "gw9a", there, "10.9.0.2", "gw9b");
          Socket first = clients.call(() -> connect(floating));
          Socket accepted = service.accept();
          run(here, "nft", "flush", "ruleset");
          for (Socket one : List.of(first, accepted)) {
            one.setSoLinger(true, 0);
            one.close();
          }
        }
        Path rules =
            Files.writeString(
                directory.resolve("rules"),
                """
                table ip t {
                  chain i {
                    type filter hook input priority 0;
                    tcp flags & rst != 0x0 drop
                  }
                }
                """);
        try (Socket client = clients.call(() -> connect(floating))) {
          run(clients, "nft", "-f", rules.toString());
          Socket accepted = service.accept();
          accepted.setSoLinger(true, 0);
          accepted.close(); // which the client does not hear
          if (both) {
            sendStrays(there, "10.99.0.1", "gw9b", here, "10.9.0.1", "gw9a");
          }
          sendStrays(here, "10.99.0.1", "gw9a", there, "10.9.0.2", "gw9b");
          client.getOutputStream().write(1);
          Thread.sleep(500);
          Matcher sent =
              Pattern.compile("packets ([0-9]+)").matcher(run(here, "nft", "list", "ruleset"));
          assertThat(sent.find()).isTrue();
          return Long.parseLong(sent.group(1));
        }
      }
    }
  }

  /** It would wait for ever: no answer can come to it from an address that is its host's now. */
  @Test
  void h68_what_the_host_itself_has_open_to_an_address_that_it_gets_is_reset() throws Exception {
    try (TestingNamespace here = new TestingNamespace();
        TestingNamespace there = new TestingNamespace()) {
      here.connectTo(there, 9);
      run(there, "ip", "address", "add", "10.99.0.1/32", "dev", "lo");
      run(here, "ip", "route", "add", "10.99.0.1", "via", "10.9.0.2");
      InetAddress floating = InetAddress.ofLiteral("10.99.0.1");
      try (ServerSocket service = there.call(() -> new ServerSocket(8080, 5, floating));
          Socket client = here.call(() -> new Socket(floating, 8080));
          Socket accepted = service.accept()) {
        accepted.getOutputStream().write(1);
        assertThat(client.getInputStream().read()).isEqualTo(1);
        run(here, "ip", "address", "add", "10.99.0.1/32", "dev", "lo");
        sendStrays(here, "10.99.0.1", "gw9a", there, "10.9.0.2", "gw9b");
        client.setSoTimeout(TestingPatience.MILLIS);
        client.getOutputStream().write(2);
        assertThatThrownBy(() -> client.getInputStream().read())
            .isInstanceOf(SocketException.class)
            .hasMessageContaining("reset");
      }
    }
  }

  /** Always from the same port. */
  private static Socket connect(InetAddress to) throws IOException {
    Socket socket = new Socket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress("10.8.0.2", 40_000));
    socket.connect(new InetSocketAddress(to, 8080), 5000);
    return socket;
  }

  private void sendStrays(
      TestingNamespace from,
      String address,
      String link,
      TestingNamespace to,
      String other,
      String otherLink)
      throws Exception {
    byte[] ethernet = to.call(() -> holder(address, otherLink, "nft").ethernetAddress());
    boolean isMade =
        from.call(
            () -> holder(address, link, "nft").sendStrays(InetAddress.ofLiteral(other), ethernet));
    assertThat(isMade).isTrue();
  }

  private static String run(TestingNamespace where, String... command) throws Exception {
    return TestingNamespace.command(where.inside(command).toArray(String[]::new));
  }
}
