package dev.godwit.forward.gate;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingServer;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Tests of a gate between two servers in two namespaces: old, and the one that replaces it. */
abstract class TestingTwoHosts {
  static final int PORT = 8080;
  static final PortGroup WEB = new PortGroup("web", List.of(PORT), ClientAddress.PLAIN);
  static final Destination NEW = Destination.direct(InetAddress.ofLiteral("10.9.0.2"));

  // Classes run one after the other.
  static TestingNamespace namespace;
  static TestingNamespace elsewhere;
  static TestingServer old;
  static TestingServer replacement;

  @BeforeAll
  static void start() throws Exception {
    namespace = new TestingNamespace();
    elsewhere = new TestingNamespace();
    namespace.connectTo(elsewhere);
    old = TestingServer.start(namespace, "old", "::", PORT);
    replacement = TestingServer.start(elsewhere, "new", "::", PORT);
  }

  @AfterAll
  static void end() throws Exception {
    old.close();
    replacement.close();
    namespace.close();
    elsewhere.close();
  }
}
