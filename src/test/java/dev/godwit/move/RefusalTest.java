package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Why commands are refused, in words. */
final class RefusalTest {
  @Test
  void all_services_that_run_on_the_host_that_is_to_serve_are_named_at_once() {
    assertThat(Cutover.running(List.of("notes"), "new"))
        .isEqualTo(
            "notes runs on new already, on files that the mirror replaces: stop it there, and keep it from starting by itself");
    assertThat(Cutover.running(List.of("notes", "mail"), "old"))
        .startsWith("notes, mail run on old already, ")
        .endsWith(": stop them there, and keep them from starting by themselves");
  }
}
