package dev.godwit.forward.server;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/** A service that answers with what it is told. */
final class TestingEcho {
  private TestingEcho() {}

  /** Answers until the service is closed, each client on a thread of its own. */
  static void serve(ServerSocket service) {
    Thread.ofPlatform().daemon().name("echo").start(() -> accept(service));
  }

  private static void accept(ServerSocket service) {
    try {
      while (true) {
        Socket one = service.accept();
        Thread.ofPlatform().daemon().start(() -> answer(one));
      }
    } catch (IOException e) {
      return; // closed
    }
  }

  private static void answer(Socket one) {
    try (one) {
      one.getInputStream().transferTo(one.getOutputStream());
    } catch (IOException e) {
      return; // what its client does is the test's matter
    }
  }
}
