package dev.godwit.move;

import dev.godwit.demo.Lab;
import dev.godwit.linux.Namespaces;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that get one page from some ports all the time, a connection each time, and compare it to
 * the last byte. A request is due at its time whether or not the one before has been answered, and
 * has waited since then; nothing is tried twice.
 */
final class TestingPages implements AutoCloseable {
  /**
   * How long an answer took.
   *
   * @param at when it had come
   */
  record Wait(Duration length, int port, Instant at) {
    @Override
    public String toString() {
      return "%d ms at port %d until %s".formatted(length.toMillis(), port, at);
    }
  }

  private static final Wait NONE = new Wait(Duration.ZERO, 0, Instant.EPOCH);
  private static final int TIMEOUT_MS = 20_000;
  private static final long EVERY_NANOS = 50_000_000;
  private static final int CLIENTS_A_PORT = 3;

  private final Lab lab;
  private final String address;
  private final String path;
  private final byte[] body;
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final AtomicInteger answered = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean ended;
  private Wait longest = NONE;

  TestingPages(Lab lab, String address, List<Integer> ports, String path, byte[] body) {
    this.lab = lab;
    this.address = address;
    this.path = path;
    this.body = body.clone();
    for (int port : ports) {
      for (int i = 0; i < CLIENTS_A_PORT; i++) {
        long first = System.nanoTime() + EVERY_NANOS * i / CLIENTS_A_PORT;
        threads.add(Thread.ofPlatform().name("pages " + port).start(() -> get(port, first)));
      }
    }
  }

  private void get(int port, long first) {
    try {
      Namespaces.enterNetwork(lab.client().pid());
    } catch (IOException e) {
      failures.add(String.valueOf(e));
      return;
    }
    for (long due = first; !ended; due += EVERY_NANOS) {
      LockSupport.parkNanos(due - System.nanoTime());
      try {
        get(port);
        answered.incrementAndGet();
      } catch (IOException e) {
        failures.add(port + ": " + e);
      }
      waited(new Wait(Duration.ofNanos(System.nanoTime() - due), port, Instant.now()));
    }
  }

  private synchronized void waited(Wait now) {
    if (now.length().compareTo(longest.length()) > 0) {
      longest = now;
    }
  }

  private void get(int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(TIMEOUT_MS);
      socket.connect(new InetSocketAddress(address, port), TIMEOUT_MS);
      String request = "GET %s HTTP/1.0\r\n\r\n".formatted(path);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readAllBytes();
      int from = answer.length - body.length;
      if (from < 0 || !Arrays.equals(answer, from, answer.length, body, 0, body.length)) {
        throw new IOException("%d bytes, and not the page".formatted(answer.length));
      }
    }
  }

  int answered() {
    return answered.get();
  }

  List<String> failures() {
    return failures;
  }

  /** The slowest answer since the last call. */
  synchronized Wait longest() {
    Wait was = longest;
    longest = NONE;
    return was;
  }

  @Override
  public void close() throws InterruptedException {
    ended = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }
}
