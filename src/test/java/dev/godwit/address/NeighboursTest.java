package dev.godwit.address;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class NeighboursTest {
  @Test
  void the_checksum_is_that_of_rfc_1071() {
    // The example of RFC 1071, section 3: the sum is ddf2.
    assertThat(Neighbours.checksum(HexFormat.of().parseHex("0001f203f4f5f6f7")))
        .isEqualTo(0xffff & ~0xddf2);
  }

  @Test
  void two_addresses_are_near_when_their_prefixes_are_equal() throws Exception {
    InetAddress a = InetAddress.ofLiteral("10.103.0.10");
    assertThat(AddressHolder.isNear(a, InetAddress.ofLiteral("10.103.0.3"), 24)).isTrue();
    assertThat(AddressHolder.isNear(a, InetAddress.ofLiteral("10.103.1.3"), 24)).isFalse();
    assertThat(AddressHolder.isNear(a, InetAddress.ofLiteral("10.103.1.3"), 23)).isTrue();
    assertThat(AddressHolder.isNear(a, InetAddress.ofLiteral("fd67::2"), 8)).isFalse();
    assertThat(
            AddressHolder.isNear(
                InetAddress.ofLiteral("fd67::1"), InetAddress.ofLiteral("fd67::ffff"), 64))
        .isTrue();
  }
}
