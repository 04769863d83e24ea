package dev.godwit.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Clients for whom a relay is to have no place. Each says something and is looked at some clients
 * later, so that who asks whether he was turned away does not wait for it. One thread at a time.
 */
final class UnwantedClients implements AutoCloseable {
  private static final int WAITING_MAX = 16;
  private static final int LIMIT_MILLIS = 2000;

  private final Deque<Socket> waiting = new ArrayDeque<>();
  private int came;
  private int turnedAway;

  /**
   * One more.
   *
   * @param from an address of this host
   */
  void come(String from, InetSocketAddress to, byte[] said) throws IOException {
    came++;
    Socket socket = new Socket();
    socket.bind(new InetSocketAddress(from, 0));
    try {
      socket.connect(to, LIMIT_MILLIS);
      socket.setSoTimeout(LIMIT_MILLIS);
      socket.getOutputStream().write(said);
      waiting.add(socket);
    } catch (IOException e) {
      turnedAway++; // reset before it had said all
      socket.close();
    }
    if (waiting.size() > WAITING_MAX) {
      look(waiting.remove());
    }
  }

  private void look(Socket socket) throws IOException {
    try (socket) {
      if (isTurnedAway(socket)) {
        turnedAway++;
      }
    }
  }

  /** Not one that is served, nor one that is left standing. */
  private static boolean isTurnedAway(Socket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  int came() {
    return came;
  }

  /** All who were, once it is closed. */
  int turnedAway() {
    return turnedAway;
  }

  @Override
  public void close() throws IOException {
    while (!waiting.isEmpty()) {
      look(waiting.remove());
    }
  }
}
