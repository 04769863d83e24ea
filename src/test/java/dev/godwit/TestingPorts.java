package dev.godwit;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports for tests that have to know one before anybody listens there. */
public final class TestingPorts {
  /** Below those that the kernel gives to whoever asks for any (ip_local_port_range, ip(7)). */
  private static final int FIRST = 12_000;

  private static final int END = 32_000;

  private TestingPorts() {}

  /**
   * One that nobody listens on, at any address. What other tests get from the kernel meanwhile is
   * another one.
   */
  public static int free() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      try (ServerSocket free = new ServerSocket(port, 1)) {
        return free.getLocalPort();
      } catch (BindException e) {
        // another one
      }
    }
  }
}
