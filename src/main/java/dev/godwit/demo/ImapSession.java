package dev.godwit.demo;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One IMAP connection (RFC 3501, with LITERAL+ of RFC 7888 and UIDPLUS of RFC 4315). */
final class ImapSession implements AutoCloseable {
  private static final Pattern APPEND_UID = Pattern.compile("\\[APPENDUID \\d+ (\\d+)\\]");

  private final Socket socket;
  private final InputStream in;
  private int tag;

  /** Connects and reads the greeting. */
  ImapSession(String address, int port) throws IOException {
    socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(Probe.TIMEOUT_MS);
      socket.connect(new InetSocketAddress(address, port), Probe.TIMEOUT_MS);
      in = new BufferedInputStream(socket.getInputStream());
      String greeting = line();
      if (!greeting.startsWith("* OK")) {
        throw new IOException("the IMAP greeting is " + greeting);
      }
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * Sends a command and returns the untagged lines of its answer.
   *
   * @throws IOException it was answered NO or BAD, or not at all (BYE, end of the connection)
   */
  List<String> command(String command) throws IOException {
    List<String> lines = new ArrayList<>();
    answer(send(command), command, lines);
    return lines;
  }

  /** APPENDs a small mail which carries the marker; returns its UID in the mailbox. */
  long append(String mailbox, String marker) throws IOException {
    String mail =
        """
        From: client@demo.example\r
        Subject: %1$s\r
        %2$s: %1$s\r
        \r
        A mail that must not get lost.\r
        """
            .formatted(marker, Ledger.MARKER_HEADER);
    String command = "APPEND " + mailbox + " {" + mail.length() + "+}\r\n" + mail;
    String done = answer(send(command), "APPEND", new ArrayList<>());
    Matcher uid = APPEND_UID.matcher(done);
    if (!uid.find()) {
      throw new IOException("APPEND was answered without a UID: " + done);
    }
    return Long.parseLong(uid.group(1));
  }

  /** Whether a mail that carries the marker is in the selected mailbox. */
  boolean holds(String marker) throws IOException {
    String command = "UID SEARCH HEADER " + Ledger.MARKER_HEADER + " " + marker;
    return command(command).stream().anyMatch(line -> line.matches("\\* SEARCH( \\d+)+"));
  }

  /**
   * Waits between commands.
   *
   * @return whether the server has said BYE or ended the connection
   */
  boolean isEndedWithin(long millis) {
    try {
      socket.setSoTimeout((int) Math.max(1, millis));
      String line = line();
      while (!line.startsWith("* BYE")) {
        line = line();
      }
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    } finally {
      try {
        socket.setSoTimeout(Probe.TIMEOUT_MS);
      } catch (IOException e) {
        // Closed: the next command says so.
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private String send(String command) throws IOException {
    String name = "a" + tag++;
    try {
      socket
          .getOutputStream()
          .write((name + " " + command + "\r\n").getBytes(StandardCharsets.US_ASCII));
    } catch (SocketException e) {
      return name; // what the server has said before it ended the connection is still to be read
    }
    return name;
  }

  private String answer(String name, String command, List<String> lines) throws IOException {
    String verb = command.split("[ \r]", 2)[0];
    while (true) {
      String line;
      try {
        line = line();
      } catch (EOFException e) {
        throw new EOFException(verb + " got no answer: the connection ended " + lines);
      } catch (SocketException e) {
        // As the end of one whose server has not read all that was sent.
        throw new SocketException(
            "%s got no answer: %s %s".formatted(verb, e.getMessage(), lines), e);
      } catch (SocketTimeoutException e) {
        throw new SocketTimeoutException(verb + " got no answer");
      }
      if (line.startsWith(name + " OK")) {
        return line;
      }
      if (line.startsWith(name + " ")) {
        throw new IOException(verb + " was answered " + line);
      }
      lines.add(line);
    }
  }

  private String line() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the IMAP connection ended");
      }
      if (c != '\r') {
        text.append((char) c);
      }
    }
    return text.toString();
  }
}
