package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.host.FencedException;
import dev.godwit.host.TestingRuntime;
import dev.godwit.wire.InMemoryChannels;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whose mirrors write to a host. */
class SeriesOwnerTest {
  private static final String MOVE = "owner-test-" + ProcessHandle.current().pid();

  @AfterEach
  void forget() throws Exception {
    TestingRuntime.remove(MOVE);
  }

  @Test
  void h59_mirrors_of_an_older_epoch_are_refused() throws Exception {
    new SeriesOwner(MOVE, 6).enter();
    new SeriesOwner(MOVE, 7).enter();
    new SeriesOwner(MOVE, 7).enter();
    assertThatThrownBy(() -> new SeriesOwner(MOVE, 6).enter())
        .isInstanceOf(FencedException.class)
        .hasMessageContaining("another controller has taken over");
    SeriesOwner.NONE.enter();
  }

  @Test
  void h59_mirrors_that_are_at_work_end_when_a_later_epoch_comes() throws Exception {
    SeriesOwner before = new SeriesOwner(MOVE, 6);
    before.enter();
    InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("source", "target");
    try (SeriesOwner.Watch unused = before.watch(pair.b())) {
      new SeriesOwner(MOVE, 7).enter();
      assertThatThrownBy(() -> pair.a().receive()).hasMessageContaining("epoch 7 has begun");
    }
  }
}
