package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/**
 * When a wish to stop is taken, and what it does; what a switch makes of it is in StopByHandTest.
 */
final class StoppingTest {
  private final Stopping stopping = new Stopping();

  @Test
  void a_wish_during_the_preparations_keeps_it_from_beginning() {
    assertThat(stopping.wish()).isTrue();
    assertThat(Thread.currentThread().isInterrupted()).as("of the preparations").isFalse();
    assertThat(stopping.isWished()).isTrue();
    assertThatThrownBy(stopping::allow).isInstanceOf(InterruptedException.class);
    assertThat(stopping.end()).isTrue();
  }

  @Test
  void a_wish_interrupts_what_is_done_and_not_what_comes_after_it() throws Exception {
    stopping.allow();
    assertThat(stopping.wish()).isTrue();
    assertThat(stopping.end()).isTrue();
    assertThat(Thread.interrupted()).isFalse();
    assertThat(stopping.end()).isFalse();
  }

  @Test
  void a_wish_after_its_end_is_refused() {
    assertThat(stopping.end()).isFalse();
    assertThat(stopping.wish()).isFalse();
  }
}
