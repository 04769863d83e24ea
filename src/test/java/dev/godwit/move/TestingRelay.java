package dev.godwit.move;

import dev.godwit.demo.Lab;
import dev.godwit.linux.Namespaces;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A mail server on a lab's client that takes mails from the transfer agents, and can be slow to say
 * that it has: until then they are being delivered.
 */
final class TestingRelay implements AutoCloseable {
  static final int PORT = 2525;

  private final ServerSocket listener;
  private final Map<String, Integer> taken = new TreeMap<>();
  private boolean isSlow;
  private int waiting;

  private TestingRelay(ServerSocket listener) {
    this.listener = listener;
  }

  static TestingRelay start(Lab lab) throws IOException, InterruptedException {
    CompletableFuture<ServerSocket> listening = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("relay")
        .start(
            () -> {
              try {
                Namespaces.enterNetwork(lab.client().pid());
                ServerSocket listener = new ServerSocket(PORT);
                listening.complete(listener);
              } catch (IOException | RuntimeException e) {
                listening.completeExceptionally(e);
              }
            });
    try {
      TestingRelay relay = new TestingRelay(listening.get());
      Thread.ofPlatform().daemon().name("relay accepts").start(relay::accept);
      return relay;
    } catch (ExecutionException e) {
      throw new IOException("the relay does not listen", e);
    }
  }

  /** From now on it waits before it says that it has taken a mail, or no longer. */
  synchronized void slow(boolean is) {
    isSlow = is;
    notifyAll();
  }

  /** How many agents wait for its word. */
  synchronized int waiting() {
    return waiting;
  }

  /** How often each mail was taken. */
  synchronized Map<String, Integer> taken() {
    return new TreeMap<>(taken);
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        Thread.ofPlatform().daemon().name("relay serves").start(() -> serve(socket));
      }
    } catch (IOException e) {
      return; // closed
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      say(socket, "220 relay");
      String mark = "";
      boolean isText = false;
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (isText) {
          if (line.startsWith("X-Mark: ")) {
            mark = line.substring("X-Mark: ".length());
          }
          if (line.equals(".")) {
            isText = false;
            if (decide(socket, mark)) {
              say(socket, "250 taken");
            }
          }
        } else if (line.equals("DATA")) {
          isText = true;
          say(socket, "354 go on");
        } else {
          say(socket, "250 ok");
        }
      }
    } catch (IOException e) {
      return; // the agent has gone
    }
  }

  /**
   * Waits as long as this one is slow.
   *
   * @return whether the agent is still there to hear it
   */
  private synchronized boolean decide(Socket socket, String mark) throws IOException {
    waiting++;
    try {
      while (isSlow) {
        wait(20);
        if (isGone(socket)) {
          return false;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      waiting--;
    }
    taken.merge(mark, 1, Integer::sum);
    return true;
  }

  private static boolean isGone(Socket socket) throws IOException {
    socket.setSoTimeout(1);
    try {
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } finally {
      socket.setSoTimeout(0);
    }
  }

  private static void say(Socket socket, String line) throws IOException {
    socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
