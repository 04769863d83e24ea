package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.ladder.BeyondLookup;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Tests of a gate before old, on one rung after the other; nothing of it may stay. */
abstract class TestingGate extends TestingTwoHosts {
  static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path parent;
  final TestingRung rung;
  Path directory;

  TestingGate(TestingRung rung) {
    this.rung = rung;
  }

  @BeforeEach
  void oldServes() throws Exception {
    directory = parent.resolve("move");
    old.stop();
    old.listen();
  }

  @AfterEach
  void nothingStays() throws Exception {
    assertThat(TestingNamespace.command("ip", "netns", "exec", namespace.name, "ss", "-Hltn"))
        .doesNotContain("ffff:127.0.0.1");
    assertThat(TestingRung.rules(namespace)).doesNotContain("godwit").doesNotContain("8080");
    Leftovers.of(directory, false); // notes of gates that live are left alone
  }

  final void inside(Callable<Void> body) throws Exception {
    namespace.call(body);
  }

  final Gate gate(WayBack wayBack) throws Exception {
    return rung.capture(directory, List.of(WEB), wayBack, 0);
  }

  /** Starts old again and waits until it answers; counts how often. */
  static WayBack restart(AtomicInteger count) {
    return () -> {
      count.incrementAndGet();
      try {
        old.listen();
      } catch (IOException e) {
        if (!String.valueOf(e.getMessage()).contains("in use")) {
          throw e;
        }
      }
      for (String address : List.of("127.0.0.1", "::1")) {
        BeyondLookup.connect(InetAddress.getByName(address), PORT, LONG).close();
      }
    };
  }

  /** With what the gate knows of it, when there is none. */
  static String answer(TestingClient client, Gate gate) throws Exception {
    try {
      return client.answer();
    } catch (ExecutionException e) {
      throw new AssertionError("no answer: " + gate.status(), e);
    }
  }
}
