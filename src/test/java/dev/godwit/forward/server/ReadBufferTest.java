package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

final class ReadBufferTest {
  private final ReadBuffer buffer = new ReadBuffer();

  private int afterRead(int bytes) {
    ByteBuffer next = buffer.next();
    next.position(next.position() + Math.min(bytes, next.remaining()));
    return buffer.next().capacity();
  }

  @Test
  void h51_one_that_is_idle_or_says_little_takes_little() {
    assertThat(buffer.next().capacity()).isEqualTo(ReadBuffer.SMALL_BYTES);
    assertThat(afterRead(100)).isEqualTo(ReadBuffer.SMALL_BYTES);
  }

  @Test
  void h51_it_grows_while_reads_fill_it_and_is_small_again_after_them() {
    assertThat(afterRead(1_000_000)).isEqualTo(ReadBuffer.LARGE_BYTES);
    assertThat(afterRead(1_000_000)).isEqualTo(ReadBuffer.LARGE_BYTES);
    assertThat(afterRead(20_000)).as("still much").isEqualTo(ReadBuffer.LARGE_BYTES);
    assertThat(afterRead(100)).isEqualTo(ReadBuffer.SMALL_BYTES);
  }
}
