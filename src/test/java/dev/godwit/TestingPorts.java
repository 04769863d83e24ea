package dev.godwit;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports for tests that have to know one before anybody listens there. Each process that runs tests
 * has its own, and gives none twice before it has given all.
 */
public final class TestingPorts {
  /** Of all, below those that the kernel gives to whoever asks for any (ip_local_port_range). */
  private static final int FIRST = 12_000;

  private static final int COUNT = 2_500;

  private static final int PROCESSES = 8;

  /** The number of this process of those that run tests at once, from 1 (pom.xml). */
  private static final int PROCESS = Integer.getInteger("godwit.test.process", 1);

  private static final AtomicInteger LAST =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(COUNT));

  private TestingPorts() {}

  /** One that nobody listens on, at any address. */
  public static int free() throws IOException {
    while (true) {
      int turn = Math.floorMod(LAST.incrementAndGet(), COUNT);
      int port = FIRST + PROCESS % PROCESSES * COUNT + turn;
      try (ServerSocket free = new ServerSocket(port, 1)) {
        return free.getLocalPort();
      } catch (BindException e) {
        // another one
      }
    }
  }
}
