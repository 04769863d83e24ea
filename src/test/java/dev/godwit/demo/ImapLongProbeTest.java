package dev.godwit.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A mail program whose session the server ends, at the worst moment. */
class ImapLongProbeTest {
  private final Ledger ledger = new Ledger();
  private final List<String> stored = new ArrayList<>();
  private ServerSocket listener;
  private Thread server;
  private ImapLongProbe probe;

  /** What the server does with the first APPEND that it reads. */
  private volatile boolean stores;

  private volatile String says = "* BYE Server shutting down.\r\n";

  @BeforeEach
  void starts() throws Exception {
    listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    server = Thread.ofVirtual().start(this::serve);
    probe = new ImapLongProbe(listener.getLocalPort(), "watch", "watch-0", ledger);
  }

  @AfterEach
  void ends() throws Exception {
    probe.end();
    listener.close();
    server.join();
  }

  @Test
  void an_append_that_bye_has_crossed_is_made_again() throws Exception {
    askThreeTimes();
    assertThat(stored).hasSize(1);
    assertThat(ledger.mails()).hasSize(1);
    assertThat(probe.reconnects()).isEqualTo(1);
  }

  @Test
  void one_that_was_done_all_the_same_is_not_made_twice() throws Exception {
    stores = true;
    askThreeTimes();
    assertThat(stored).hasSize(1);
    assertThat(ledger.mails()).hasSize(1);
    assertThat(probe.reconnects()).isEqualTo(1);
  }

  @Test
  void one_whose_connection_ends_without_a_word_has_failed() {
    says = "";
    assertThatThrownBy(this::askThreeTimes)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("APPEND got no answer");
    assertThat(ledger.mails()).isEmpty();
  }

  /** Connects, NOOP, APPEND. */
  private void askThreeTimes() throws IOException {
    for (int i = 0; i < 3; i++) {
      probe.ask("127.0.0.1");
    }
  }

  private void serve() {
    boolean ended = false;
    while (true) {
      try (Socket client = listener.accept()) {
        ended = session(client, ended);
      } catch (IOException e) {
        if (listener.isClosed()) {
          return;
        }
      }
    }
  }

  /** Returns whether this session or one before it was ended in place of an answer. */
  private boolean session(Socket client, boolean ended) throws IOException {
    BufferedReader in =
        new BufferedReader(
            new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
    OutputStream out = client.getOutputStream();
    say(out, "* OK ready\r\n");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      switch (words[1]) {
        case "APPEND" -> {
          String marker = mail(in);
          if (ended || stores) {
            stored.add(marker);
          }
          if (!ended) {
            say(out, says);
            return true;
          }
          say(out, words[0] + " OK [APPENDUID 1 7] done\r\n");
        }
        case "UID" ->
            say(
                out,
                "* SEARCH%s\r\n%s OK done\r\n"
                    .formatted(stored.contains(words[5]) ? " 7" : "", words[0]));
        default -> say(out, words[0] + " OK done\r\n");
      }
    }
    return ended;
  }

  /** Reads a mail of the probe and returns its marker. */
  private static String mail(BufferedReader in) throws IOException {
    String marker = "";
    for (String line = in.readLine(); !line.startsWith("A mail"); line = in.readLine()) {
      if (line.startsWith(Ledger.MARKER_HEADER)) {
        marker = line.split(" ")[1];
      }
    }
    String unused = in.readLine(); // the end of the command itself
    return marker;
  }

  private static void say(OutputStream out, String line) throws IOException {
    out.write(line.getBytes(StandardCharsets.US_ASCII));
  }
}
