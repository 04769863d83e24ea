package dev.godwit.move;

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

/** What is asked before a hold; what moves is in FloatingAddressTest and OtherAddressesTest. */
final class AddressSwitchTest {
  private static void lookBeforeTheHold(String... where) throws Exception {
    Plan plan =
        new Plan(
            "m",
            new Endpoint.Local(),
            new Endpoint.Local(),
            List.of(),
            List.of(new FileTree("/srv/www", "/srv/www", List.of(), MountChoice.NONE)),
            PlannedOwners.NONE,
            List.of(),
            List.of(),
            new PlannedAddress.Command(
                List.of("false"), List.of(where), "eip-1", "i-old", "i-new", Duration.ofSeconds(1)),
            null,
            List.of(),
            Limits.DEFAULT,
            null,
            null,
            Path.of("/root/move.yaml"));
    try (Hosts hosts = Hosts.of(plan)) {
      new AddressSwitch(plan, hosts).refuseUnfit();
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
