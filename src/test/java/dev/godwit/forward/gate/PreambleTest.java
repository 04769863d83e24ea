package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.forward.relay.Preamble;
import dev.godwit.forward.relay.ProxyHeader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a gate says to a landing, and what a landing says to a service. */
final class PreambleTest {
  private final byte[] secret = new byte[32];

  PreambleTest() {
    new Random(1).nextBytes(secret);
  }

  private static InetSocketAddress at(String address, int port) throws Exception {
    return new InetSocketAddress(InetAddress.getByName(address), port);
  }

  @Test
  void comes_back_as_it_was() throws Exception {
    for (Preamble p :
        new Preamble[] {
          new Preamble(
              Preamble.Kind.RELAY, at("192.0.2.1", 40000), at("198.51.100.1", 25), 1_700_000_001L),
          new Preamble(Preamble.Kind.PROBE, at("2001:db8::1", 65535), at("::1", 1), 0)
        }) {
      byte[] bytes = p.encode(secret);
      assertThat(bytes).hasSize(Preamble.BYTES);
      assertThat(Preamble.decode(bytes, secret)).isEqualTo(p);
    }
  }

  @Test
  void the_preamble_of_a_sockets_client_comes_back_as_it_was_and_is_no_other() throws Exception {
    for (String user : new String[] {"", "anna", "a-name-of-24-bytes-exact"}) {
      SocketPreamble p = new SocketPreamble("0123456789abcdef", 1000, user, 1_700_000_001L);
      byte[] bytes = p.encode(secret);
      assertThat(SocketPreamble.decode(bytes, secret)).isEqualTo(p);
      assertThat(Preamble.decode(bytes, secret)).isNull();
      assertThat(SocketPreamble.decode(bytes, new byte[Preamble.SECRET_BYTES])).isNull();
    }
    Preamble other = new Preamble(Preamble.Kind.RELAY, at("192.0.2.1", 4), at("192.0.2.2", 5), 6);
    assertThat(SocketPreamble.decode(other.encode(secret), secret)).isNull();
    assertThat(SocketPreamble.holds("a-name-of-25-bytes-is-not")).isFalse();
  }

  @Test
  void h49_one_wrong_byte_in_magic_or_secret_or_kind_is_refused() throws Exception {
    byte[] good =
        new Preamble(Preamble.Kind.RELAY, at("192.0.2.1", 4), at("192.0.2.2", 5), 6).encode(secret);
    for (int i = 0; i < 44; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 0x40;
      assertThat(Preamble.decode(bad, secret)).as("byte %d", i).isNull();
    }
  }

  @Test
  void h49_random_bytes_are_refused_and_nothing_else_happens() {
    Random random = new Random(7);
    byte[] bytes = new byte[Preamble.BYTES];
    for (int i = 0; i < 10_000; i++) {
      random.nextBytes(bytes);
      if (i % 2 == 0) {
        System.arraycopy(secret, 0, bytes, 8, 32);
      }
      assertThat(Preamble.decode(bytes, secret)).isNull();
    }
  }

  @Test
  void h49_addresses_of_two_families_are_refused() throws Exception {
    assertThatThrownBy(
            () ->
                new Preamble(Preamble.Kind.RELAY, at("192.0.2.1", 1), at("::1", 2), 3)
                    .encode(secret))
        .isInstanceOf(IllegalArgumentException.class);
    byte[] mapped =
        new Preamble(Preamble.Kind.RELAY, at("2001:db8::1", 1), at("::1", 2), 3).encode(secret);
    // ::ffff:192.0.2.1 as the client
    System.arraycopy(
        HexFormat.of().parseHex("00000000000000000000ffffc0000201"), 0, mapped, 44, 16);
    assertThat(Preamble.decode(mapped, secret)).isNull();
  }

  @Test
  void proxy_header_version_1_is_one_line() throws Exception {
    assertThat(ProxyHeader.version1(at("192.0.2.1", 40000), at("198.51.100.1", 25)))
        .asString()
        .isEqualTo("PROXY TCP4 192.0.2.1 198.51.100.1 40000 25\r\n");
    assertThat(ProxyHeader.version1(at("2001:db8::1", 1), at("::1", 2)))
        .asString()
        .isEqualTo("PROXY TCP6 2001:db8::1 ::1 1 2\r\n");
  }

  @Test
  void proxy_header_version_2_is_the_binary_one() throws Exception {
    assertThat(
            HexFormat.of()
                .formatHex(ProxyHeader.version2(at("192.0.2.1", 256), at("192.0.2.2", 2))))
        .isEqualTo(
            "0d0a0d0a000d0a515549540a" + "2111000c" + "c0000201" + "c0000202" + "0100" + "0002");
    assertThat(ProxyHeader.version2(at("::1", 1), at("::2", 2))).hasSize(16 + 36);
  }
}
