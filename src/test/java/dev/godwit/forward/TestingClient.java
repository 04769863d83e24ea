package dev.godwit.forward;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** One client with one request, in the network namespace of the thread that makes it. */
public final class TestingClient implements AutoCloseable {
  private final Socket socket = new Socket();
  private final CompletableFuture<String> answer = new CompletableFuture<>();

  /** Connects now, asks, and waits for the answer elsewhere. */
  public TestingClient(String address, int port, String line) throws IOException {
    this(0, address, port, line);
  }

  private TestingClient(int from, String address, int port, String line) throws IOException {
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(from));
    socket.connect(new InetSocketAddress(InetAddress.getByName(address), port), 5000);
    socket.setSoTimeout(TestingPatience.MILLIS);
    socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                answer.complete(
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
              } catch (IOException e) {
                answer.completeExceptionally(e);
              }
            });
  }

  /** One that comes from a port of its own choice. */
  public static TestingClient from(int from, String address, int port, String line)
      throws IOException {
    return new TestingClient(from, address, port, line);
  }

  public static String ask(String address, int port, String line) throws Exception {
    try (TestingClient client = new TestingClient(address, port, line)) {
      return client.answer();
    }
  }

  public boolean isAnswered() {
    return answer.isDone();
  }

  /** All that came, until the other end closed. */
  public String answer() throws Exception {
    return TestingPatience.get(answer);
  }

  public int port() {
    return socket.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
