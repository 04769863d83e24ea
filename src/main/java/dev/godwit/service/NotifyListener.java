package dev.godwit.service;

import dev.godwit.linux.NotifySocket;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Listens to what a service says of itself by sd_notify(3), for as long as it runs: the socket
 * holds few messages, and one that is full stops the service.
 */
final class NotifyListener {
  private static final int LOOK_MILLIS = 100;

  private volatile boolean ready;
  private volatile boolean ended;

  private NotifyListener() {}

  static NotifyListener start(Path path) throws IOException {
    NotifySocket socket = NotifySocket.bind(path);
    NotifyListener listener = new NotifyListener();
    Thread.ofPlatform().daemon().name("notify").start(() -> listener.listen(socket));
    return listener;
  }

  private void listen(NotifySocket socket) {
    try (socket) {
      while (!ended) {
        String message = socket.receive(LOOK_MILLIS);
        if (message != null && message.lines().anyMatch("READY=1"::equals)) {
          ready = true;
        }
      }
    } catch (IOException e) {
      ended = true; // whoever waits for it comes to its limit
    }
  }

  boolean isReady() {
    return ready;
  }

  void end() {
    ended = true;
  }
}
