package dev.godwit.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.ChildPipes;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract through pipes of the kernel, into which A may write without its writer. */
final class ConnectionThroughPipesTest extends ConnectionChannelTest {
  @Override
  @BeforeEach
  void connect() throws Exception {
    ChildPipes pipes = ChildPipes.open();
    InputStream in = new FileInputStream(pipes.childInput());
    OutputStream out = new FileOutputStream(pipes.childOutput());
    pipes.started();
    ConnectionSettings settings = ConnectionSettings.of("build");
    a = Connection.start(pipes.fromChild(), pipes.toChild(), B, this::keep, settings);
    b = Connection.start(in, out, A, this::keep, settings);
  }

  /** What goes out at once and what the writer takes keep their order, whoever is quicker. */
  @Test
  void bytes_stay_in_order_with_several_who_write() throws Exception {
    List<TestingThreads.Running> senders = new ArrayList<>();
    List<Channel> receivers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      var pair = open();
      receivers.add(pair.b());
      PolledChannel polled = pair.a().polled(() -> {});
      int seed = i;
      senders.add(threads.start(() -> sendInPieces(polled, seed)));
    }
    for (int i = 0; i < 3; i++) {
      ByteArrayOutputStream got = new ByteArrayOutputStream();
      for (byte[] m = receivers.get(i).receive(); m != null; m = receivers.get(i).receive()) {
        got.writeBytes(m);
      }
      assertThat(Arrays.equals(got.toByteArray(), stream(i))).as("seed %s", i).isTrue();
      senders.get(i).get();
    }
  }

  private static byte[] stream(int seed) {
    byte[] bytes = new byte[4 << 20];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** Small ones, and some that are too large to go out without the writer. */
  private static int sendInPieces(PolledChannel channel, int seed) throws WireException {
    Random random = new Random(seed);
    ByteBuffer all = ByteBuffer.wrap(stream(seed));
    while (all.hasRemaining()) {
      int most = random.nextInt(50) == 0 ? 100_000 : 200;
      ByteBuffer piece = all.slice(all.position(), Math.min(all.remaining(), most));
      channel.trySend(piece);
      channel.flush();
      all.position(all.position() + piece.position());
    }
    channel.finish();
    channel.flush();
    return 0;
  }

  /** One that a flush has written, and nothing else: no other thread says anything. */
  @Test
  void a_little_goes_out_with_the_flush() throws Exception {
    var pair = open();
    PolledChannel polled = pair.a().polled(() -> {});
    for (int i = 0; i < 1_000; i++) {
      polled.trySend(ByteBuffer.wrap(new byte[] {(byte) i}));
      polled.flush();
      assertThat(pair.b().receive()).containsExactly(i);
    }
    polled.fail("gone");
    polled.flush();
    assertThatThrownBy(() -> pair.b().receive()).hasMessage(A + ": gone");
  }
}
