package dev.godwit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class DelayRelayTest {
  private static final Duration ROUND_TRIP = Duration.ofMillis(80);

  @Test
  void an_answer_takes_a_round_trip_and_many_bytes_take_no_more() throws Exception {
    try (ServerSocket echo = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        DelayRelay relay =
            new DelayRelay((InetSocketAddress) echo.getLocalSocketAddress(), ROUND_TRIP)) {
      Thread.ofPlatform().daemon().start(() -> answer(echo));
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), relay.port())) {
        OutputStream out = socket.getOutputStream();
        InputStream in = socket.getInputStream();
        byte[] sent = new byte[1 << 20];
        new Random(1).nextBytes(sent);

        long start = System.nanoTime();
        out.write(sent, 0, 1);
        assertThat(in.read()).isEqualTo(sent[0] & 0xff);
        Duration one = Duration.ofNanos(System.nanoTime() - start);
        assertThat(one).isBetween(ROUND_TRIP, ROUND_TRIP.multipliedBy(5));

        start = System.nanoTime();
        Thread writer =
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        out.write(sent);
                        socket.shutdownOutput();
                      } catch (IOException e) {
                        throw new UncheckedIOException(e);
                      }
                    });
        assertThat(in.readAllBytes()).isEqualTo(sent);
        writer.join();
        Duration many = Duration.ofNanos(System.nanoTime() - start);
        assertThat(many).isBetween(ROUND_TRIP, ROUND_TRIP.multipliedBy(8));
      }
    }
  }

  private static void answer(ServerSocket server) {
    try (Socket socket = server.accept()) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
