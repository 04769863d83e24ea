package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class KeptControllerTest {
  private static final String MOVE = "controller-test-" + ProcessHandle.current().pid();
  private static final Controller LAPTOP = new Controller("laptop", "1111", "/root/move.yaml");
  private static final Controller SERVER = new Controller("server", "", "/root/odd\nname.yaml");

  @AfterEach
  void nothingStays() throws Exception {
    RuntimeDirectory.remove(MOVE, Duration.ofSeconds(5));
    assertThat(KeptController.of(MOVE)).isEmpty();
    Optional<Path> ended = KeptDirectory.ended(RuntimeDirectory.named(MOVE));
    if (ended.isPresent()) {
      Files.deleteIfExists(ended.get());
    }
  }

  private static Controller give(Controller mine, Optional<Controller> seen) throws IOException {
    return KeptController.give(MOVE, mine, seen, 70).who();
  }

  @Test
  void h59_a_move_is_one_controllers_until_another_one_takes_it_from_that_one() throws Exception {
    assertThat(KeptController.of(MOVE)).isEmpty();
    assertThat(give(LAPTOP, Optional.empty())).isEqualTo(LAPTOP);
    assertThat(give(LAPTOP, Optional.empty())).isEqualTo(LAPTOP);
    assertThat(give(SERVER, Optional.empty())).as("not asked for").isEqualTo(LAPTOP);
    assertThat(give(SERVER, Optional.of(LAPTOP))).isEqualTo(SERVER);
    assertThat(KeptController.of(MOVE).map(KeptController::who)).contains(SERVER);
    Controller third = new Controller("third", "3333", "/root/move.yaml");
    assertThat(give(third, Optional.of(LAPTOP))).as("that has lost it").isEqualTo(SERVER);
  }

  @Test
  void h59_orders_of_the_one_before_are_refused_when_it_was_taken_over() throws Exception {
    EpochFence gate = EpochFence.open(RuntimeDirectory.of(MOVE));
    assertThat(give(LAPTOP, Optional.empty())).isEqualTo(LAPTOP);
    gate.check(7);
    assertThat(EpochFence.highestOf(MOVE)).isEqualTo(7);
    assertThat(give(SERVER, Optional.of(LAPTOP))).isEqualTo(SERVER);
    assertThat(EpochFence.highestOf(MOVE)).isEqualTo(70);
    assertThatThrownBy(() -> gate.check(8)).isInstanceOf(FencedException.class);
  }

  @Test
  void h59_of_many_that_begin_at_the_same_time_one_gets_it() throws Exception {
    List<Controller> all =
        Stream.iterate(1, i -> i + 1)
            .limit(20)
            .map(i -> new Controller("host" + i, "", "/root/move.yaml"))
            .toList();
    List<Controller> told =
        all.parallelStream()
            .map(
                each -> {
                  try {
                    return give(each, Optional.empty());
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                })
            .distinct()
            .toList();
    assertThat(told).hasSize(1).isSubsetOf(all);
  }

  @Test
  void h59_a_file_that_cannot_be_read_is_not_taken_for_nobody() throws Exception {
    assertThat(give(LAPTOP, Optional.empty())).isEqualTo(LAPTOP);
    Path file = KeptDirectory.of(RuntimeDirectory.named(MOVE)).resolve("controller");
    Files.writeString(file, "nobody\n");
    assertThatThrownBy(() -> KeptController.of(MOVE)).hasMessageContaining("names no controller");
    Files.delete(file);
  }
}
