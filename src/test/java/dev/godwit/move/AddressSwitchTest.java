package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.mirror.MountChoice;
import dev.godwit.plan.Endpoint;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Limits;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedAddress;
import dev.godwit.plan.PlannedOwners;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked before a hold; what moves is in FloatingAddressTest and OtherAddressesTest. */
final class AddressSwitchTest {
  private static void lookBeforeTheHold(String... where) throws Exception {
    Plan plan = plan(List.of("false"), List.of(where));
    try (Hosts hosts = Hosts.of(plan, remark -> {})) {
      new AddressSwitch(plan, hosts).refuseUnfit();
    }
  }

  private static Plan plan(List<String> command, List<String> where) {
    return new Plan(
        "m",
        new Endpoint.Local(),
        new Endpoint.Local(),
        List.of(),
        List.of(new FileTree("/srv/www", "/srv/www", List.of(), MountChoice.NONE)),
        PlannedOwners.NONE,
        List.of(),
        List.of(),
        new PlannedAddress.Command(
            command, where, "eip-1", "i-old", "i-new", Duration.ofSeconds(1)),
        null,
        List.of(),
        Limits.DEFAULT,
        null,
        null,
        Path.of("/root/move.yaml"));
  }

  /** The limit is what the address may take to arrive, once the command has succeeded. */
  @Test
  void a_command_that_takes_longer_than_the_limit_leaves_the_address_all_of_it(@TempDir Path folder)
      throws Exception {
    String state = folder.resolve("cloud").toString();
    Plan plan =
        plan(
            List.of("sh", "-c", "sleep 1.2; echo i-new >$0; touch $0.late", state),
            // It is there at the second look.
            List.of(
                "sh", "-c", "rm $0.late 2>&- && echo pending || cat $0 2>&- || echo i-old", state));
    try (Hosts hosts = Hosts.of(plan, remark -> {})) {
      assertThat(new AddressSwitch(plan, hosts).bring(Role.NEW, 1)).endsWith("is on new (i-new)");
    }
  }

  @Test
  void h68_an_address_of_which_nobody_knows_where_it_is_is_found_before_the_hold() {
    assertThatCode(() -> lookBeforeTheHold("echo", "i-old")).doesNotThrowAnyException();
    assertThatCode(() -> lookBeforeTheHold("echo", "i-new"))
        .as("it was brought there by hand, and the switch makes it right")
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> lookBeforeTheHold("echo", "i-other"))
        .isInstanceOf(MoveException.class)
        .hasMessageContaining("`where` writes \"i-other\", which is neither \"i-old\" (old)");
    assertThatThrownBy(() -> lookBeforeTheHold("sh", "-c", "echo no such zone >&2; exit 3"))
        .hasMessageContaining("where the address eip-1 is cannot be asked")
        .hasMessageContaining("no such zone");
  }
}
