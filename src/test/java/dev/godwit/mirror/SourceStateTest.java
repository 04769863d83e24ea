package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(TestingPatience.TEST_SECONDS)
final class SourceStateTest {
  private final SourceState state = new SourceState(new Pending(Duration.ZERO), true);

  private void becomesLive(boolean is) {
    state.lock.lock();
    try {
      state.becomesLive(is);
    } finally {
      state.lock.unlock();
    }
  }

  /** Otherwise a start would take as long as reports are apart. */
  @Test
  void who_tells_of_the_mirror_hears_at_once_that_it_is_live() throws Exception {
    Thread telling =
        Thread.ofPlatform()
            .start(
                () -> {
                  state.lock.lock();
                  try {
                    while (!state.live) {
                      state.told.awaitUninterruptibly();
                    }
                  } finally {
                    state.lock.unlock();
                  }
                });
    TestingPatience.await(() -> telling.getState() == Thread.State.WAITING);
    becomesLive(false);
    assertThat(state.isLive()).isFalse();
    becomesLive(true);
    telling.join();
    assertThat(state.isLive()).isTrue();
    becomesLive(false);
    assertThat(state.isLive()).as("it stays so").isTrue();
  }
}
