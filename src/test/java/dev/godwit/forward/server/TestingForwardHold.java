package dev.godwit.forward.server;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingCrowd;
import dev.godwit.forward.TestingNamespace;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A host with room for {@code godwit forward}, a service behind it, and 2,000 clients a second. */
abstract class TestingForwardHold {
  static final int PER_SECOND = 2000;

  private static final InetSocketAddress RELAY = new InetSocketAddress("127.0.0.1", 9700);
  private static final InetSocketAddress SERVICE = new InetSocketAddress("127.0.0.1", 9701);

  @TempDir Path directory;
  TestingNamespace namespace;
  final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeEach
  void host() throws Exception {
    namespace = new TestingNamespace();
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    namespace.close();
  }

  final String control() {
    return directory.resolve("control").toString();
  }

  final String command(String... words) throws Exception {
    return TestingForward.run(namespace, words);
  }

  final TestingCrowd crowd(int count) throws Exception {
    TestingCrowd crowd = namespace.call(() -> TestingCrowd.send(RELAY, PER_SECOND, count));
    opened.add(crowd);
    return crowd;
  }

  final TestingCrowd.Service service() throws Exception {
    TestingCrowd.Service service = namespace.call(() -> new TestingCrowd.Service(SERVICE));
    opened.add(service);
    return service;
  }

  final void awaitHeld(int count) throws Exception {
    String held = "(?s).*\"held\"\\s*:\\s*" + count + "\\b.*";
    TestingPatience.await(() -> count + " who are held: " + status(), () -> status().matches(held));
  }

  private String status() throws Exception {
    return command("status", "-p", control(), "--json");
  }
}
