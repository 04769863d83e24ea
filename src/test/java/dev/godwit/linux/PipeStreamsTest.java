package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Streams through a program of the system. */
final class PipeStreamsTest {
  private static Process start(ChildPipes pipes, String... command) throws IOException {
    try {
      return new ProcessBuilder(command)
          .redirectInput(pipes.childInput())
          .redirectOutput(pipes.childOutput())
          .start();
    } finally {
      pipes.started();
    }
  }

  @Test
  void all_that_goes_in_comes_out_in_pieces_of_any_size() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] sent = new byte[40_000_000];
    random.nextBytes(sent);
    try (ChildPipes pipes = ChildPipes.open()) {
      Process cat = start(pipes, "cat");
      CompletableFuture<Void> writing =
          CompletableFuture.runAsync(
              () -> {
                try (PipeOutput out = pipes.toChild()) {
                  Random sizes = new Random(seed);
                  for (int at = 0; at < sent.length; ) {
                    int size = sizes.nextInt(10) == 0 ? 1_000_000 : sizes.nextInt(5000);
                    int part = Math.min(sent.length - at, size);
                    out.write(sent, at, part);
                    at += part;
                  }
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      byte[] came = pipes.fromChild().readAllBytes();
      TestingPatience.get(writing);
      assertThat(cat.waitFor()).isZero();
      assertThat(came).as("seed %d", seed).isEqualTo(sent);
    }
  }

  @Test
  void a_single_byte_is_passed_on_at_once() throws Exception {
    try (ChildPipes pipes = ChildPipes.open()) {
      Process cat = start(pipes, "cat");
      for (int i = 0; i < 300; i++) {
        pipes.toChild().write(i & 0xff);
        assertThat(pipes.fromChild().read()).isEqualTo(i & 0xff);
      }
      pipes.toChild().close();
      assertThat(pipes.fromChild().read()).isEqualTo(-1);
      assertThat(cat.waitFor()).isZero();
    }
  }

  @Test
  void a_program_that_is_gone_takes_nothing_more() throws Exception {
    try (ChildPipes pipes = ChildPipes.open()) {
      assertThat(start(pipes, "true").waitFor()).isZero();
      assertThat(pipes.fromChild().read()).isEqualTo(-1);
      assertThatThrownBy(() -> pipes.toChild().write(new byte[200_000]))
          .isInstanceOf(LinuxException.class)
          .hasMessageContaining("Broken pipe");
    }
  }

  /** Its reader is stopped: the writer waits in the kernel, and goes on with it. */
  @Test
  void a_reader_that_rests_is_waited_for() throws Exception {
    try (ChildPipes pipes = ChildPipes.open()) {
      Process sleeper = start(pipes, "sh", "-c", "sleep 1; exec wc -c");
      pipes.toChild().write(new byte[5_000_000]);
      pipes.toChild().close();
      assertThat(new String(pipes.fromChild().readAllBytes(), StandardCharsets.US_ASCII).strip())
          .isEqualTo("5000000");
      assertThat(sleeper.waitFor()).isZero();
    }
  }

  @Test
  void a_closed_stream_is_not_read_and_its_number_is_not_used_by_chance() throws Exception {
    try (ChildPipes pipes = ChildPipes.open()) {
      Process cat = start(pipes, "cat");
      pipes.close();
      assertThatThrownBy(() -> pipes.fromChild().read()).hasMessageContaining("closed");
      assertThatThrownBy(() -> pipes.toChild().write(1)).hasMessageContaining("closed");
      assertThat(cat.waitFor()).isZero();
    }
  }
}
