package dev.godwit.demo;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A mail program that stays connected: NOOP and APPEND in turn. A server may end the connection
 * between two commands; the program then connects again at once, which is a request like others. It
 * may say BYE at any moment (RFC 9051, 7.1.5), so also while a command is on its way to it, which
 * nobody can keep from happening: the program then connects again and does what was not done, and
 * the time counts as this request's. Any other command without an answer is a failure.
 */
final class ImapLongProbe implements Probe {
  private final int port;
  private final String user;
  private final String name;
  private final Ledger ledger;
  private @Nullable ImapSession session;
  private String connectedTo = "";
  private int count;
  private int reconnects;

  ImapLongProbe(int port, String user, String name, Ledger ledger) {
    this.port = port;
    this.user = user;
    this.name = name;
    this.ledger = ledger;
  }

  @Override
  public void ask(String address) throws IOException {
    if (!address.equals(connectedTo)) {
      // The name has a new address: a client that notices moves over between two commands.
      end();
      connectedTo = address;
    }
    ImapSession current = session;
    try {
      if (current == null) {
        ImapSession unused = connect(address);
      } else if (count++ % 2 == 0) {
        noop(current, address);
      } else {
        append(current, address, name + "-" + count);
      }
    } catch (IOException e) {
      end();
      throw e;
    }
  }

  private ImapSession connect(String address) throws IOException {
    ImapSession made = new ImapSession(address, port);
    session = made;
    made.command("LOGIN " + user + " " + LabServices.PASSWORD);
    made.command("SELECT INBOX");
    return made;
  }

  private void noop(ImapSession current, String address) throws IOException {
    try {
      current.command("NOOP");
    } catch (IOException e) {
      ImapSession unused = afterBye(e, address);
    }
  }

  private void append(ImapSession current, String address, String marker) throws IOException {
    try {
      current.append("INBOX", marker);
    } catch (IOException e) {
      ImapSession again = afterBye(e, address);
      // Done and not answered, or not done: a program that does not look has it twice, or not.
      if (!again.holds(marker)) {
        again.append("INBOX", marker);
      }
    }
    ledger.mailAcknowledged(marker);
  }

  private ImapSession afterBye(IOException unanswered, String address) throws IOException {
    if (!String.valueOf(unanswered.getMessage()).contains("[* BYE ")) {
      throw unanswered;
    }
    end();
    reconnects++;
    return connect(address);
  }

  @Override
  public boolean rest(long nanos) {
    ImapSession current = session;
    if (current == null) {
      return Probe.super.rest(nanos);
    }
    if (nanos < 1_000_000 || !current.isEndedWithin(nanos / 1_000_000)) {
      return false;
    }
    end();
    reconnects++;
    return true;
  }

  int reconnects() {
    return reconnects;
  }

  @Override
  public void end() {
    ImapSession current = session;
    session = null;
    if (current != null) {
      try {
        current.close();
      } catch (IOException e) {
        // It is gone either way.
      }
    }
  }
}
