package dev.godwit.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Clients for whom a relay is to have no place. Each says something, and is to be turned away
 * within a second; it is looked at when that is over, so that nobody waits for a relay that takes
 * its time. One thread at a time.
 */
final class UnwantedClients implements AutoCloseable {
  private static final int LIMIT_MILLIS = 1000;

  private final Deque<Client> waiting = new ArrayDeque<>();
  private int came;
  private int turnedAway;

  /**
   * @param came {@link System#nanoTime}
   */
  private record Client(Socket socket, long came) {
    /** At least 1: 0 would be no limit. */
    int leftMillis() {
      long gone = (System.nanoTime() - came) / 1_000_000;
      return (int) Math.max(1, LIMIT_MILLIS - gone);
    }
  }

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
      socket.getOutputStream().write(said);
      waiting.add(new Client(socket, System.nanoTime()));
    } catch (IOException e) {
      turnedAway++; // reset before it had said all
      socket.close();
    }
    while (!waiting.isEmpty() && waiting.peek().leftMillis() == 1) {
      look(waiting.remove());
    }
  }

  private void look(Client client) throws IOException {
    try (Socket socket = client.socket()) {
      socket.setSoTimeout(client.leftMillis());
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
