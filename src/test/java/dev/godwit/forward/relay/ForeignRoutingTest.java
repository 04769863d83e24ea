package dev.godwit.forward.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines of {@code ip rule}, and whether they use table 103 or the marks 0x67 and 0x68. */
final class ForeignRoutingTest {
  private static final ForeignRouting OURS =
      new ForeignRouting(Set.of("103", "vpn"), List.of(0x67, 0x68));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "32765:\tfrom all fwmark 0x67 lookup 200",
        "32765:\tfrom all fwmark 0x68 unreachable",
        "100:\tfrom all fwmark 0x60/0xf0 lookup main",
        "100:\tfrom all fwmark 0x1/0x1 iif eth0 lookup 7",
        "100:\tnot from all fwmark 0x67 lookup 200",
        "10:\tfrom 10.0.0.0/8 lookup 103",
        "10:\tfrom all fwmark 0x9 lookup vpn",
      })
  void in_the_way(String rule) {
    assertThat(OURS.find(List.of("0:\tfrom all lookup local", rule))).isEqualTo(rule);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0:\tfrom all lookup local",
        "32766:\tfrom all lookup main",
        "5210:\tfrom all fwmark 0x80000/0xff0000 lookup main",
        "100:\tfrom all fwmark 0/0xff lookup 200",
        "100:\tnot from all fwmark 0xca6c lookup 51820",
        "100:\tfrom all fwmark 0x1067 lookup 1030",
      })
  void not_in_the_way(String rule) {
    assertThat(OURS.find(List.of(rule))).isNull();
  }
}
