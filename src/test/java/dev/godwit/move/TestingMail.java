package dev.godwit.move;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import dev.godwit.linux.Namespaces;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Postfix on a lab's hosts, delivering into the mail folders that dovecot serves, and a client that
 * sends mails all the time and knows which of them were accepted.
 */
final class TestingMail implements AutoCloseable {
  /** Of a client; longer than the longest hold of the lab and the way back after it. */
  static final int TIMEOUT_MS = 70_000;

  /** More than the lab's machine delivers beside all else would only make its queue longer. */
  private static final int PAUSE_MILLIS = 250;

  /** Mails sent by all clients: each has a mark of its own. */
  private static final AtomicInteger COUNT = new AtomicInteger();

  private final Lab lab;
  private final Set<String> accepted = new ConcurrentSkipListSet<>();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final List<Thread> senders = new ArrayList<>();
  private final TestingSlowest slowest = new TestingSlowest();
  private volatile boolean ended;
  private volatile String address = "";

  TestingMail(Lab lab) {
    this.lab = lab;
  }

  /** Configures postfix; mails to {@code later@} stay in the queue until {@link #deliverAll}. */
  static void install(LabHost host) throws IOException {
    host.writeFile(
        "/etc/postfix/main.cf",
        """
        compatibility_level = 3.6
        myhostname = mail.demo.example
        mydestination =
        inet_interfaces = all
        inet_protocols = ipv4
        mynetworks = 0.0.0.0/0
        smtpd_recipient_restrictions = permit_mynetworks, reject
        smtpd_peername_lookup = no
        virtual_mailbox_domains = demo.example
        virtual_mailbox_base = /var/vmail
        virtual_mailbox_maps = texthash:/etc/postfix/mailboxes
        virtual_uid_maps = static:5000
        virtual_gid_maps = static:5000
        transport_maps = texthash:/etc/postfix/transport
        defer_transports = later
        maillog_file = /var/log/mail.log
        """);
    host.writeFile(
        "/etc/postfix/mailboxes",
        """
        probe@demo.example probe/
        later@demo.example later/
        """);
    host.writeFile("/etc/postfix/transport", "later@demo.example later:\n");
    host.appendFile("/etc/postfix/master.cf", "later unix - n n - - virtual\n");
  }

  /**
   * Empties the queue. What is tried while the queue manager still goes by its old configuration is
   * deferred for minutes, so it is asked again.
   */
  static void deliverAll(LabHost host) throws Exception {
    host.must("postconf", "-e", "defer_transports=");
    host.must("postfix", "reload");
    TestingPatience.await(
        () -> "an empty queue:\n" + host.must("postqueue", "-p"),
        () -> {
          host.must("postqueue", "-f");
          Thread.sleep(500);
          return queued(host) == 0;
        });
  }

  /** From now on the queue of a running server fills again. */
  static void deliverLater(LabHost host) throws IOException {
    host.must("postconf", "-e", "defer_transports=later");
    host.must("postfix", "reload");
  }

  /** A service for a plan, to be put after the others. */
  static String service() {
    return """
      - name: postfix
        start: [postfix, start]
        stop: [postfix, stop]
        state: [postfix, status]
        ports: [25]
        queue: postfix
        client-address: transparent
        after: [dovecot]
        check:
          smtp: 25
          from: check@demo.example
          to: probe@demo.example
          arrives: { imap: 143, user: probe, password-file: /root/probe.secret }
    """;
  }

  /** Mails in the queue, whatever their state. */
  static int queued(LabHost host) throws IOException {
    return (int) host.must("postqueue", "-j").lines().filter(line -> !line.isBlank()).count();
  }

  /** From now on two senders send to one address, one mail a connection. */
  void send(String to) {
    address = to;
    ended = false;
    for (String user : List.of("probe", "later")) {
      senders.add(
          Thread.ofPlatform()
              .name("sender " + user)
              .start(
                  () -> {
                    try {
                      Namespaces.enterNetwork(lab.client().pid());
                      while (!ended) {
                        one(user);
                        Thread.sleep(PAUSE_MILLIS);
                      }
                    } catch (IOException | InterruptedException e) {
                      failures.add(String.valueOf(e));
                    }
                  }));
    }
  }

  private void one(String user) {
    String mark = "mark-" + COUNT.incrementAndGet();
    long begun = System.nanoTime();
    try (Unfinished mail = new Unfinished(address, user + "@demo.example", mark)) {
      mail.finish();
      slowest.answered(begun);
      accepted.add(mark);
    } catch (IOException e) {
      failures.add(mark + ": " + e);
    }
  }

  /** Begins one mail to an address; it is not among the accepted ones. */
  Unfinished begin(String to, String recipient) throws IOException, InterruptedException {
    CompletableFuture<Unfinished> begun = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("sender " + recipient)
        .start(
            () -> {
              try {
                Namespaces.enterNetwork(lab.client().pid());
                begun.complete(new Unfinished(to, recipient, "mark-" + COUNT.incrementAndGet()));
              } catch (IOException | RuntimeException e) {
                begun.completeExceptionally(e);
              }
            });
    try {
      return begun.get();
    } catch (ExecutionException e) {
      throw new IOException("no mail was begun", e);
    }
  }

  /** A mail whose text is with the server, without its end. */
  static final class Unfinished implements AutoCloseable {
    /** So much that a server has begun to write it down. */
    private static final String LINE = "0123456789".repeat(7) + "\r\n";

    private final String mark;
    private final Socket socket = new Socket();
    private final BufferedReader in;

    private Unfinished(String to, String recipient, String mark) throws IOException {
      this.mark = mark;
      boolean isBegun = false;
      try {
        socket.setSoTimeout(TIMEOUT_MS);
        socket.connect(new InetSocketAddress(to, 25), TIMEOUT_MS);
        in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        expect(in, "220");
        say("EHLO client", "250");
        say("MAIL FROM:<sender@elsewhere.example>", "250");
        say("RCPT TO:<" + recipient + ">", "250");
        say("DATA", "354");
        write("Subject: " + mark + "\r\nX-Mark: " + mark + "\r\n\r\nA mail.\r\n");
        isBegun = true;
      } finally {
        if (!isBegun) {
          socket.close();
        }
      }
    }

    String mark() {
      return mark;
    }

    /** More of its text. */
    void write(int lines) throws IOException {
      write(LINE.repeat(lines));
    }

    private void write(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private void say(String line, String code) throws IOException {
      write(line + "\r\n");
      expect(in, code);
    }

    /** Sends the end; returns when the server has accepted the mail. */
    void finish() throws IOException {
      say(".", "250");
      write("QUIT\r\n");
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static void expect(BufferedReader in, String code) throws IOException {
    String line;
    do {
      line = in.readLine();
      if (line == null || !line.startsWith(code)) {
        throw new IOException("expected " + code + ", was " + line);
      }
    } while (line.startsWith(code + "-"));
  }

  /** Mails are sent there from now on. */
  void repoint(String to) {
    address = to;
  }

  Set<String> accepted() {
    return accepted;
  }

  List<String> failures() {
    return failures;
  }

  /** For a mail that was sent by {@link #send}, from the connection to the server's last word. */
  Duration longestWait() {
    return slowest.longest();
  }

  /** How often each accepted mail lies in the mail folders of a host. */
  Map<String, Integer> delivered(LabHost host) throws IOException {
    Map<String, Integer> found = new TreeMap<>();
    for (String user : List.of("probe", "later")) {
      for (String folder : List.of("new", "cur")) {
        Path path = host.path("/var/vmail/" + user + "/" + folder);
        if (!Files.isDirectory(path)) {
          continue;
        }
        try (Stream<Path> mails = Files.list(path)) {
          for (Path mail : mails.toList()) {
            for (String line : Files.readAllLines(mail, StandardCharsets.ISO_8859_1)) {
              if (line.startsWith("X-Mark: ")) {
                found.merge(line.substring("X-Mark: ".length()), 1, Integer::sum);
              }
            }
          }
        }
      }
    }
    return found;
  }

  void end() throws InterruptedException {
    ended = true;
    for (Thread sender : senders) {
      sender.join();
    }
    senders.clear();
  }

  @Override
  public void close() throws InterruptedException {
    end();
  }
}
