package dev.godwit.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gate's promise, under load: nobody is refused, nobody is reset, nothing is asked twice. */
@Tag("lab")
final class GateLabTest {
  private static final int PORT = 8080;
  private static final PortGroup WEB = new PortGroup("web", List.of(PORT), ClientAddress.PLAIN);

  @TempDir Path directory;

  private static InetSocketAddress at(String address) throws Exception {
    return new InetSocketAddress(InetAddress.getByName(address), PORT);
  }

  @Test
  void h52_no_client_notices_200_holds_and_ways_back() throws Exception {
    try (TestingNamespace namespace = new TestingNamespace();
        TestingServer server = TestingServer.start(namespace, "old", "::", PORT)) {
      namespace.call(
          () -> {
            try (Gate gate = Gate.capture(directory, List.of(WEB), 1, () -> {}, 0);
                TestingLoad four = new TestingLoad(at("127.0.0.1"), 150, "four %d\n");
                TestingLoad six = new TestingLoad(at("::1"), 150, "six %d\n")) {
              for (int i = 0; i < 200; i++) {
                gate.hold(1, Duration.ofSeconds(5));
                Thread.sleep(10);
                gate.back(1);
                Thread.sleep(10);
              }
              four.close();
              six.close();
              System.out.println("200 cycles: " + four + "; " + six);
              assertThat(four.failures).isEmpty();
              assertThat(six.failures).isEmpty();
              assertThat(server.doubled()).isZero();
              assertThat(server.served()).isEqualTo(four.answered.get() + six.answered.get());
            }
            return null;
          });
    }
  }

  @Test
  void h52_no_client_notices_30_stops_and_starts() throws Exception {
    try (TestingNamespace namespace = new TestingNamespace();
        TestingServer server = TestingServer.start(namespace, "old", "::", PORT)) {
      namespace.call(
          () -> {
            AtomicInteger starts = new AtomicInteger();
            WayBack wayBack =
                () -> {
                  starts.incrementAndGet();
                  server.listen();
                  BeyondLookup.connect(
                          InetAddress.getByName("127.0.0.1"), PORT, Duration.ofSeconds(1))
                      .close();
                };
            int queued = 0;
            try (Gate gate = Gate.capture(directory, List.of(WEB), 1, wayBack, 0);
                TestingLoad four = new TestingLoad(at("127.0.0.1"), 150, "four %d\n");
                TestingLoad six = new TestingLoad(at("::1"), 150, "six %d\n")) {
              for (int i = 0; i < 30; i++) {
                gate.hold(1, Duration.ofSeconds(5));
                server.stop();
                queued += gate.takeQueued(1);
                Thread.sleep(20);
                gate.back(1);
                Thread.sleep(20);
              }
              four.close();
              six.close();
              System.out.println("30 stops: " + queued + " from queues; " + four + "; " + six);
              assertThat(four.failures).isEmpty();
              assertThat(six.failures).isEmpty();
              assertThat(server.doubled()).isZero();
              assertThat(starts).hasValue(30);
            }
            return null;
          });
    }
  }
}
