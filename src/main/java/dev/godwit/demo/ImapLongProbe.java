package dev.godwit.demo;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A mail program that stays connected: NOOP and APPEND in turn. A server may end the connection
 * between two commands; the program then connects again at once, which is a request like others. A
 * command without an answer is a failure.
 */
final class ImapLongProbe implements Probe {
  private final String user;
  private final String name;
  private final Ledger ledger;
  private @Nullable ImapSession session;
  private String connectedTo = "";
  private int count;
  private int reconnects;

  ImapLongProbe(String user, String name, Ledger ledger) {
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
        String marker = name + "-" + count;
        current.append("INBOX", marker);
        ledger.mailAcknowledged(marker);
      }
    } catch (IOException e) {
      end();
      throw e;
    }
  }

  private ImapSession connect(String address) throws IOException {
    ImapSession made = new ImapSession(address, LabServices.IMAP_PORT);
    session = made;
    made.command("LOGIN " + user + " " + LabServices.PASSWORD);
    made.command("SELECT INBOX");
    return made;
  }

  /**
   * A server may say BYE at any moment (RFC 9051, 7.1.5), so also while a NOOP is on its way to it.
   * That asks for nothing: the program connects again, and the time counts as this request's.
   */
  private void noop(ImapSession current, String address) throws IOException {
    try {
      current.command("NOOP");
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("[* BYE ")) {
        throw e;
      }
      end();
      reconnects++;
      ImapSession unused = connect(address);
    }
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
