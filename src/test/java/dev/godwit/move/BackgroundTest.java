package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.plan.Plan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The process that has the mirrors, before it was told which host serves. */
@Timeout(TestingPatience.TEST_SECONDS)
final class BackgroundTest {
  private static final String MOVE = "background-test-" + ProcessHandle.current().pid();
  private static final Duration LIMIT = Duration.ofSeconds(5);

  @TempDir Path temporary;

  @AfterEach
  void nothingStays() throws Exception {
    RuntimeDirectory.remove(MOVE, LIMIT);
  }

  /** As one that was killed and started again in the middle of a hold. */
  @Test
  void h64_one_that_mirrors_nothing_does_not_say_that_all_is_on_the_other_host() throws Exception {
    Path file = temporary.resolve("move.yaml");
    Files.writeString(
        file,
        """
        move: %s
        old: root@127.0.0.1
        new: local
        ssh: ["-p", "1", "-o", "BatchMode=yes"]
        files:
          - %s
        services:
          - name: web
            start: [/bin/true]
            stop: [/bin/true]
            state: [/bin/true]
            ports: [65000]
            check: { tcp: 65000 }
        """
            .formatted(MOVE, temporary));
    CompletableFuture<Void> process =
        CompletableFuture.runAsync(
            () -> {
              try {
                Background.run(file);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    Plan plan = Plan.read(file);
    TestingPatience.await("the process", () -> isThere(plan) || process.isDone());
    try (BackgroundClient client = BackgroundClient.find(plan).orElseThrow()) {
      for (Role role : Role.values()) {
        assertThatThrownBy(() -> client.barrier(role, LIMIT))
            .isInstanceOf(MoveException.class)
            .hasMessageContaining(
                role.word()
                    + " is not mirrored: the process that has the mirrors was started again");
        assertThatThrownBy(() -> client.catchUp(role, LIMIT)).hasMessageContaining("not mirrored");
        assertThatThrownBy(() -> client.audit(role, LIMIT)).hasMessageContaining("not mirrored");
      }
      client.quit();
    }
    process.join();
    assertThat(BackgroundClient.find(plan)).isEmpty();
  }

  private static boolean isThere(Plan plan) throws Exception {
    try (BackgroundClient client = BackgroundClient.find(plan).orElse(null)) {
      return client != null;
    }
  }
}
