package dev.godwit.move;

import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabServices;
import dev.godwit.linux.Namespaces;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A client that gets mail by POP3 all the time: its mailbox must have the same identifiers at each
 * visit, since every one that it has not seen it would load again.
 */
final class TestingPop implements AutoCloseable {
  private static final String USER = "anna";

  private final Lab lab;
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final AtomicInteger visits = new AtomicInteger();
  private final TestingSlowest slowest = new TestingSlowest();
  private final Thread thread;
  private volatile String address;
  private volatile boolean ended;
  private @Nullable String listed;

  TestingPop(Lab lab, String address) {
    this.lab = lab;
    this.address = address;
    this.thread = Thread.ofPlatform().name("pop").start(this::visitAgainAndAgain);
  }

  /** Dovecot of a host speaks POP3 too from its next start on. */
  static void install(LabHost host) throws IOException {
    host.appendFile("/etc/dovecot/dovecot.conf", "\nprotocols = imap pop3\n");
  }

  private void visitAgainAndAgain() {
    try {
      Namespaces.enterNetwork(lab.client().pid());
      while (!ended) {
        long begun = System.nanoTime();
        try {
          visit();
          slowest.answered(begun);
          visits.incrementAndGet();
        } catch (IOException e) {
          failures.add("visit " + visits + ": " + e);
        }
        Thread.sleep(500);
      }
    } catch (IOException | InterruptedException e) {
      failures.add(String.valueOf(e));
    }
  }

  private void visit() throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(TestingMail.TIMEOUT_MS);
      socket.connect(new InetSocketAddress(address, 110), TestingMail.TIMEOUT_MS);
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      good(in.readLine());
      command(socket, in, "USER " + USER);
      command(socket, in, "PASS " + LabServices.PASSWORD);
      command(socket, in, "UIDL");
      String now = untilDot(in);
      if (listed != null && !listed.equals(now)) {
        throw new IOException("other identifiers than at the first visit");
      }
      listed = now;
      command(socket, in, "RETR 1");
      if (untilDot(in).length() < 500) {
        throw new IOException("the first mail is too short");
      }
      command(socket, in, "QUIT");
    }
  }

  private static void command(Socket socket, BufferedReader in, String command) throws IOException {
    socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
    good(in.readLine());
  }

  private static void good(@Nullable String answer) throws IOException {
    if (answer == null || !answer.startsWith("+OK")) {
      throw new IOException("expected +OK, was " + answer);
    }
  }

  private static String untilDot(BufferedReader in) throws IOException {
    StringBuilder text = new StringBuilder();
    String line = in.readLine();
    for (; line != null && !line.equals("."); line = in.readLine()) {
      text.append(line).append('\n');
    }
    if (line == null) {
      throw new IOException("the answer was cut short");
    }
    return text.toString();
  }

  void repoint(String to) {
    address = to;
  }

  int visits() {
    return visits.get();
  }

  /** For a whole visit. */
  Duration longestWait() {
    return slowest.longest();
  }

  List<String> failures() {
    return failures;
  }

  void end() throws InterruptedException {
    ended = true;
    thread.join();
  }

  @Override
  public void close() throws InterruptedException {
    end();
  }
}
