package dev.godwit.check;

import static dev.godwit.check.TestingFacts.bad;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.godwit.address.FloatingAddress;
import dev.godwit.plan.PlannedAddress;
import dev.godwit.survey.Boot;
import dev.godwit.survey.Known;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Findings about the address of the plan: whose it is, and who is known by it. */
final class AddressLooksTest {
  private static final FloatingAddress FLOATING =
      new FloatingAddress(InetAddress.ofLiteral("192.0.2.10"), 24, "eth0");

  private static final PlannedAddress FLOATS = new PlannedAddress.Floating(FLOATING, FLOATING);

  private static Boot gives(String... files) {
    return new Boot(
        List.of(),
        Stream.of(files)
            .map(file -> new Known.AddressLine("192.0.2.10", file, 3, "address 192.0.2.10/24"))
            .toList(),
        "");
  }

  private static List<Code> ofBoots(PlannedAddress address, Boot ofOld, Boot ofNew) {
    return bad(
        facts -> {
          facts.plannedAddress = address;
          facts.bootOfOld = ofOld;
          facts.bootOfNew = ofNew;
        });
  }

  @Test
  void h57_h68_who_has_the_floating_address_after_a_boot() {
    Boot ofOld = gives("/etc/network/interfaces", "/etc/rc.local");
    assertThat(ofBoots(FLOATS, ofOld, Boot.NONE))
        .containsExactly(Code.ADDRESS_AT_BOOT, Code.ADDRESS_AT_BOOT, Code.ADDRESS_NOT_AT_BOOT);
    assertThat(ofBoots(FLOATS, ofOld, gives("/etc/netplan/60-move.yaml")))
        .containsExactly(Code.ADDRESS_AT_BOOT, Code.ADDRESS_AT_BOOT);
    assertThat(ofBoots(FLOATS, Boot.NONE, Boot.NONE)).as("somebody else gives it").isEmpty();
    assertThat(ofBoots(cloud("192.0.2.10"), ofOld, Boot.NONE)).isEmpty();
  }

  private static PlannedAddress.Command cloud(String address) {
    return new PlannedAddress.Command(
        List.of("assign"), List.of("holder"), address, "i-old", "i-new", Duration.ofSeconds(1));
  }

  private static List<Code> ofSession(
      PlannedAddress address, boolean isOldLocal, String from, String to) {
    return bad(
        facts -> {
          facts.plannedAddress = address;
          facts.isOldLocal = isOldLocal;
          facts.session = List.of(from, "40000", to, "22");
        });
  }

  @Test
  void h61_h68_old_is_known_by_the_address_that_moves() {
    for (PlannedAddress address : List.of(FLOATS, cloud("192.0.2.10"))) {
      assertThat(ofSession(address, false, "192.0.2.2", "192.0.2.10"))
          .containsExactly(Code.REACHED_BY_ADDRESS);
      assertThat(ofSession(address, true, "192.0.2.10", "192.0.2.2"))
          .containsExactly(Code.REACHED_BY_ADDRESS);
      assertThat(ofSession(address, false, "192.0.2.10", "192.0.2.1"))
          .as("whence the controller comes")
          .isEmpty();
      assertThat(ofSession(address, true, "192.0.2.1", "192.0.2.10"))
          .as("new is another finding")
          .isEmpty();
    }
    assertThat(ofSession(cloud("eip-1"), false, "192.0.2.2", "192.0.2.10")).isEmpty();
    assertThat(ofSession(FLOATS, false, "UNKNOWN", "UNKNOWN")).isEmpty();
    assertThat(bad(facts -> facts.session = List.of("192.0.2.2", "40000", "192.0.2.10", "22")))
        .as("none moves")
        .isEmpty();
    TestingFacts facts = new TestingFacts();
    facts.plannedAddress = FLOATS;
    facts.isOldLocal = true;
    facts.session = List.of("192.0.2.10", "40000", "192.0.2.2", "22");
    assertThat(facts.findings())
        .filteredOn(finding -> finding.code() == Code.REACHED_BY_ADDRESS)
        .extracting(Finding::what, Finding::remedy)
        .containsExactly(
            tuple(
                "old (this host) comes to new from 192.0.2.10, the address that goes there: from"
                    + " then on new would refuse what old passes on",
                "let old's own address be the one that `ip route get 192.0.2.2` shows as src: ip"
                    + " route change … src ADDRESS (ip-route(8))"));
  }

  private static List<Code> ofAddress(
      boolean isOnOld, boolean isOnNew, boolean hasOwn, String cut, String cutBack) {
    return addressFindings(isOnOld, isOnNew, hasOwn, cut, cutBack).stream()
        .map(Finding::code)
        .toList();
  }

  private static List<Finding> addressFindings(
      boolean isOnOld, boolean isOnNew, boolean hasOwn, String cut, String cutBack) {
    TestingFacts facts = new TestingFacts();
    FloatingAddress floating = FLOATING;
    Optional<InetAddress> own = Optional.of(InetAddress.ofLiteral("192.0.2.1"));
    facts.address =
        Optional.of(
            new Facts.AddressFacts(
                new PlannedAddress.Floating(floating, floating),
                isOnOld,
                isOnNew,
                own,
                hasOwn ? own : Optional.empty(),
                cut,
                cutBack));
    return facts.findings().stream()
        .filter(finding -> finding.code().name().startsWith("ADDRESS"))
        .toList();
  }

  @Test
  void addresses() {
    assertThat(ofAddress(true, false, true, "", "")).containsExactly(Code.ADDRESS);
    assertThat(ofAddress(true, false, true, "no nft", "")).containsExactly(Code.ADDRESS_CUTS);
    assertThat(ofAddress(true, false, true, "", "no nft")).containsExactly(Code.ADDRESS_CUTS);
    assertThat(ofAddress(false, true, true, "", ""))
        .containsExactly(Code.ADDRESS_NOT_ON_OLD, Code.ADDRESS_ON_NEW);
    assertThat(ofAddress(true, false, false, "", "")).containsExactly(Code.ADDRESS_ALONE);
    assertThat(addressFindings(true, false, true, "no dup", "no nft"))
        .extracting(Finding::what)
        .containsExactly(
            "192.0.2.10/24 can move, but connections that are open to it then are cut: on the way"
                + " to new, by what new says: no dup; on the way back, by what old says: no nft");
  }

  private static List<Code> ofWhere(String said, String trouble) {
    TestingFacts facts = new TestingFacts();
    facts.where = Optional.of(new Facts.WhereFacts(cloud("eip-1"), said, trouble));
    return facts.findings().stream()
        .map(Finding::code)
        .filter(code -> code.name().startsWith("ADDRESS"))
        .toList();
  }

  @Test
  void h68_where_an_address_is_that_a_command_moves() {
    assertThat(ofWhere("i-old", "")).containsExactly(Code.ADDRESS);
    assertThat(ofWhere("i-new", "")).containsExactly(Code.ADDRESS_ON_NEW);
    assertThat(ofWhere("", "it cannot be asked")).containsExactly(Code.ADDRESS_UNKNOWN);
    for (String neither : List.of("", "i-older", "i-old\ni-new", "I-OLD")) {
      assertThat(ofWhere(neither, "")).as(neither).containsExactly(Code.ADDRESS_UNKNOWN);
    }
  }

  @Test
  void where_is_asked_by_the_plans_command() throws Exception {
    assertThat(said("echo", " i-old ")).isEqualTo("i-old");
    assertThat(said("echo", "{address}")).isEqualTo("eip-1");
    assertThat(said("sh", "-c", "echo no such zone >&2; exit 3"))
        .contains("where the address eip-1 is cannot be asked", "no such zone");
    assertThat(said("/no/such/program")).contains("where the address eip-1 is cannot be asked");
    TestingFacts facts = new TestingFacts();
    facts.plannedAddress = FLOATS;
    assertThat(WhereAddress.facts(facts.facts().plan())).isEmpty();
  }

  /** By the command, or by the trouble that it met. */
  private static String said(String... where) throws InterruptedException {
    TestingFacts facts = new TestingFacts();
    facts.plannedAddress =
        new PlannedAddress.Command(
            List.of("assign"), List.of(where), "eip-1", "i-old", "i-new", Duration.ofSeconds(1));
    Facts.WhereFacts told = WhereAddress.facts(facts.facts().plan()).orElseThrow();
    assertThat(told.said().isEmpty()).isNotEqualTo(told.trouble().isEmpty());
    return told.said() + told.trouble();
  }
}
