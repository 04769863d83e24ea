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
        current = new ImapSession(address, LabServices.IMAP_PORT);
        current.command("LOGIN " + user + " " + LabServices.PASSWORD);
        current.command("SELECT INBOX");
        session = current;
      } else if (count++ % 2 == 0) {
        current.command("NOOP");
      } else {
        String marker = name + "-" + count;
        current.append("INBOX", marker);
        ledger.mailAcknowledged(marker);
      }
    } catch (IOException e) {
      session = null;
      if (current != null) {
        current.close();
      }
      throw e;
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
