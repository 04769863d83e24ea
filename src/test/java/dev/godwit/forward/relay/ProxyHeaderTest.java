package dev.godwit.forward.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The PROXY header: what is written is read again, and nothing else is. */
final class ProxyHeaderTest {
  private static final byte[] TLV = {(byte) 0xea, 0, 3, 1, 2, 3};

  private static InetSocketAddress address(String host, int port) throws Exception {
    return new InetSocketAddress(InetAddress.getByName(host), port);
  }

  @Test
  void h49_what_is_written_is_read_again() throws Exception {
    for (String[] pair :
        new String[][] {{"192.0.2.1", "198.51.100.7"}, {"2001:db8::1", "2001:db8::2"}}) {
      InetSocketAddress client = address(pair[0], 40000);
      InetSocketAddress destination = address(pair[1], 25);
      for (byte[] header :
          new byte[][] {
            ProxyHeader.version1(client, destination),
            ProxyHeader.version2(client, destination, TLV)
          }) {
        byte[] followed = Arrays.copyOf(header, header.length + 5);
        ProxyHeader.Parsed parsed = ProxyHeader.parse(followed, followed.length);
        assertThat(parsed.length()).isEqualTo(header.length);
        assertThat(announced(parsed).client()).isEqualTo(client);
        assertThat(announced(parsed).destination()).isEqualTo(destination);
        for (int cut = 0; cut < header.length; cut++) {
          assertThat(ProxyHeader.parse(header, cut).announced()).as("%d bytes", cut).isNull();
        }
      }
    }
  }

  /** Headers that somebody has damaged: refused, incomplete, or taken and then fit to go on. */
  @Test
  void h49_a_damaged_header_is_refused_or_means_the_same_on_the_next_hop() throws Exception {
    long seed = Long.getLong("godwit.seed", System.nanoTime());
    System.out.println("ProxyHeaderTest: -Dgodwit.seed=" + seed);
    Random random = new Random(seed);
    byte[][] good = {
      ProxyHeader.version1(address("192.0.2.1", 40000), address("198.51.100.7", 25)),
      ProxyHeader.version1(address("2001:db8::1", 1), address("::1", 65535)),
      ProxyHeader.version2(address("192.0.2.1", 40000), address("198.51.100.7", 25), TLV),
      ProxyHeader.version2(address("2001:db8::1", 1), address("::1", 65535), TLV),
      ProxyHeader.unknown1(),
      ProxyHeader.local2(),
      "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::1 1 2\r\n".getBytes(StandardCharsets.US_ASCII),
      ProxyHeader.version2(address("2001:db8::1", 1), address("192.0.2.1", 2))
    };
    int taken = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = damaged(good[random.nextInt(good.length)], random);
      ProxyHeader.Parsed parsed;
      try {
        parsed = ProxyHeader.parse(bytes, bytes.length);
      } catch (ProxyHeader.MalformedException e) {
        assertThat(e.getMessage()).isNotBlank();
        continue;
      }
      if (parsed.announced() == null) {
        assertThat(bytes.length).as("waits for more").isLessThan(ProxyHeader.BYTES_MAX);
        continue;
      }
      taken++;
      assertThat(parsed.length()).isBetween(1, bytes.length);
      ProxyHeader.Announced said = announced(parsed);
      InetSocketAddress client = said.client();
      InetSocketAddress destination = said.destination();
      if (client != null && destination != null) {
        for (byte[] next :
            new byte[][] {
              ProxyHeader.version1(client, destination),
              ProxyHeader.version2(client, destination, said.tlvs())
            }) {
          ProxyHeader.Announced again = announced(ProxyHeader.parse(next, next.length));
          assertThat(again.client()).isEqualTo(client);
          assertThat(again.destination()).isEqualTo(destination);
        }
      }
    }
    assertThat(taken).as("some damage does no harm").isPositive();
  }

  private static byte[] damaged(byte[] header, Random random) {
    byte[] bytes = Arrays.copyOf(header, header.length + random.nextInt(8));
    int changes = random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] = (byte) " 0123456789:.af\r\n".charAt(random.nextInt(17));
        default -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
      }
    }
    return bytes;
  }

  @Test
  void h49_tlvs_are_passed_on_without_those_of_the_old_header() throws Exception {
    byte[] header = withChecksum(new byte[] {3, 0, 4, 0, 0, 0, 0});
    CRC32C sum = new CRC32C();
    sum.update(header);
    ByteBuffer.wrap(header).putInt(CHECKSUM_AT, (int) sum.getValue());
    assertThat(announced(ProxyHeader.parse(header, header.length)).tlvs()).isEqualTo(TLV);
    for (int i = 0; i < header.length; i++) {
      byte[] wrong = header.clone();
      wrong[i] ^= 1;
      // The lengths and types aside, nothing but the checksum tells the difference.
      if (i >= 16 && i < 28 || i >= CHECKSUM_AT && i < CHECKSUM_AT + 4 || i == header.length - 1) {
        assertThatThrownBy(() -> ProxyHeader.parse(wrong, wrong.length))
            .as("byte " + i)
            .isInstanceOf(ProxyHeader.MalformedException.class)
            .hasMessageContaining("checksum");
      }
    }
    byte[] odd = withChecksum(new byte[] {3, 0, 2, 0, 0, 0, 0});
    assertThatThrownBy(() -> ProxyHeader.parse(odd, odd.length))
        .isInstanceOf(ProxyHeader.MalformedException.class);
  }

  /** Behind the head, two IPv4 addresses with ports, and the type and length of the first TLV. */
  private static final int CHECKSUM_AT = 16 + 12 + 3;

  private static byte[] withChecksum(byte[] checksum) throws Exception {
    byte[] padding = {4, 0, 1, 0};
    byte[] all = ByteBuffer.allocate(17).put(checksum).put(TLV).put(padding).array();
    return ProxyHeader.version2(address("192.0.2.1", 1), address("192.0.2.2", 2), all);
  }

  @Test
  void an_address_of_a_line_has_no_leading_zeros_either() {
    for (String line :
        List.of(
            "PROXY TCP4 203.0.113.010 192.0.2.1 1 2\r\n",
            "PROXY TCP4 00.0.0.1 192.0.2.1 1 2\r\n",
            "PROXY TCP4 203.0.113.1 192.0.02.1 1 2\r\n")) {
      byte[] bytes = line.getBytes(StandardCharsets.US_ASCII);
      assertThatThrownBy(() -> ProxyHeader.parse(bytes, bytes.length))
          .as(line)
          .isInstanceOf(ProxyHeader.MalformedException.class);
    }
  }

  @Test
  void h49_a_header_about_nobody_leaves_the_kernels_address() throws Exception {
    for (byte[] header : new byte[][] {ProxyHeader.unknown1(), ProxyHeader.local2()}) {
      ProxyHeader.Parsed parsed = ProxyHeader.parse(header, header.length);
      assertThat(parsed.length()).isEqualTo(header.length);
      assertThat(announced(parsed).client()).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.0\r\n\r\n",
        "PROXX TCP4 1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n",
        "PROXY TCP4 1.1.1.256 2.2.2.2 1 2\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 65536\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 -1 2\r\n",
        "PROXY TCP4 localhost 2.2.2.2 1 2\r\n",
        "PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP6 ::1%lo ::1 1 2\r\n",
        "PROXY TCP6 ::1 ::ffff:1.2.3.4 1 2\r\n",
        "PROXY \r\n",
      })
  void h49_a_malformed_line_is_refused(String line) {
    byte[] bytes = line.getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> ProxyHeader.parse(bytes, bytes.length))
        .isInstanceOf(ProxyHeader.MalformedException.class);
  }

  @Test
  void h49_a_line_without_an_end_is_refused_at_107_bytes() throws Exception {
    byte[] bytes = ("PROXY TCP4 " + "1".repeat(200)).getBytes(StandardCharsets.US_ASCII);
    assertThat(ProxyHeader.parse(bytes, 106).announced()).isNull();
    assertThatThrownBy(() -> ProxyHeader.parse(bytes, 107))
        .isInstanceOf(ProxyHeader.MalformedException.class);
  }

  @Test
  void h49_a_header_that_is_too_long_is_refused_before_its_bytes_come() throws Exception {
    byte[] header = ProxyHeader.version2(address("192.0.2.1", 1), address("192.0.2.2", 2));
    header[14] = 0x7f;
    assertThatThrownBy(() -> ProxyHeader.parse(header, 16))
        .isInstanceOf(ProxyHeader.MalformedException.class);
  }

  /** Any bytes: an answer or a refusal within the bytes that are there, and no other end. */
  @Test
  void h49_noise_is_refused_or_read_and_never_more_than_came() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    byte[][] seeds = {
      ProxyHeader.version1(address("192.0.2.1", 1), address("192.0.2.2", 2)),
      ProxyHeader.version2(address("192.0.2.1", 1), address("192.0.2.2", 2), TLV),
      ProxyHeader.version2(address("::1", 1), address("::2", 2), TLV),
    };
    int read = 0;
    for (int i = 0; i < 300_000; i++) {
      byte[] bytes = Arrays.copyOf(seeds[random.nextInt(seeds.length)], 80);
      for (int change = random.nextInt(4); change > 0; change--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      int count = random.nextInt(bytes.length + 1);
      try {
        ProxyHeader.Parsed parsed = ProxyHeader.parse(bytes, count);
        assertThat(parsed.length()).isBetween(0, count);
        ProxyHeader.Announced announced = parsed.announced();
        if (announced != null && announced.client() != null && announced.destination() != null) {
          read++;
          assertThat(
                  ProxyHeader.version2(
                      announced.client(), announced.destination(), announced.tlvs()))
              .isNotEmpty();
        }
      } catch (ProxyHeader.MalformedException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
    assertThat(read).isPositive();
  }

  private static ProxyHeader.Announced announced(ProxyHeader.Parsed parsed) {
    return Objects.requireNonNull(parsed.announced());
  }
}
