package dev.godwit.forward.server;

import static dev.godwit.forward.server.TestingRules.rule;
import static dev.godwit.forward.server.TestingRules.rules;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ForwardStatus;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Tests of {@code godwit forward} within this process, with services and clients of their own. */
abstract class TestingForwarder {
  @TempDir Path directory;
  final List<AutoCloseable> opened = new ArrayList<>();
  final List<String> log = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : opened.reversed()) {
      c.close();
    }
  }

  /** Closes it after the test, what was opened last first. */
  final <T extends AutoCloseable> T closing(T one) {
    opened.add(one);
    return one;
  }

  final ForwardServer forward(String... keysAndValues) throws IOException {
    return closing(ForwardServer.start(rules(rule("test", keysAndValues)), log::add));
  }

  /** A port at which nobody accepts yet. */
  final ServerSocket service() throws IOException {
    return closing(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")));
  }

  /** Answers each connection with its word and closes. */
  final int saying(String word) throws IOException {
    ServerSocket service = service();
    say(service, word);
    return service.getLocalPort();
  }

  static void say(ServerSocket service, String word) {
    Thread.ofVirtual()
        .start(
            () -> {
              while (!service.isClosed()) {
                try (Socket s = service.accept()) {
                  s.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                  continue; // a health check has gone already
                }
              }
            });
  }

  final Socket client(ForwardServer forward) throws IOException {
    return client(forward.addresses().getFirst());
  }

  final Socket client(InetSocketAddress address) throws IOException {
    Socket socket =
        closing(
            address.getAddress().isAnyLocalAddress()
                ? new Socket("127.0.0.1", address.getPort())
                : new Socket(address.getAddress(), address.getPort()));
    socket.setSoTimeout(TestingPatience.MILLIS);
    return socket;
  }

  final Socket accepted(ServerSocket service) throws IOException {
    service.setSoTimeout(TestingPatience.MILLIS);
    Socket socket = closing(service.accept());
    socket.setSoTimeout(TestingPatience.MILLIS);
    return socket;
  }

  static String all(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  /** The only one. */
  static ForwardStatus.Group group(ForwardServer forward) {
    try {
      return forward.status().groups().getFirst();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Answers each datagram; at a port of its own. */
  final DatagramSocket answering() throws IOException {
    DatagramSocket service = closing(new DatagramSocket(0, InetAddress.getByName("127.0.0.1")));
    Thread.ofVirtual().start(() -> answer(service));
    return service;
  }

  /** Answers each datagram with what it says, until the service is closed. */
  private static void answer(DatagramSocket service) {
    try {
      byte[] buffer = new byte[2000];
      while (true) {
        DatagramPacket p = new DatagramPacket(buffer, buffer.length);
        service.receive(p);
        byte[] answer = ("re " + new String(buffer, 0, p.getLength())).getBytes();
        service.send(new DatagramPacket(answer, answer.length, p.getSocketAddress()));
      }
    } catch (IOException e) {
      return;
    }
  }

  /** What is answered. */
  static String asked(DatagramSocket socket, String host, int port, String text)
      throws IOException {
    socket.setSoTimeout(TestingPatience.MILLIS);
    socket.send(
        new DatagramPacket(text.getBytes(), text.length(), InetAddress.getByName(host), port));
    DatagramPacket p = new DatagramPacket(new byte[2000], 2000);
    socket.receive(p);
    return new String(p.getData(), 0, p.getLength());
  }
}
