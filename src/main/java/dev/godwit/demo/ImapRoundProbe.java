package dev.godwit.demo;

import java.io.IOException;
import java.util.List;

/** A whole visit: login, APPEND of a marked mail, SEARCH that must find it, logout. */
final class ImapRoundProbe implements Probe {
  private final String user;
  private final String name;
  private final Ledger ledger;
  private int count;

  ImapRoundProbe(String user, String name, Ledger ledger) {
    this.user = user;
    this.name = name;
    this.ledger = ledger;
  }

  @Override
  public void ask(String address) throws IOException {
    String marker = name + "-" + count++;
    try (ImapSession session = new ImapSession(address, LabServices.IMAP_PORT)) {
      session.command("LOGIN " + user + " " + LabServices.PASSWORD);
      long uid = session.append("INBOX", marker);
      ledger.mailAcknowledged(marker);
      session.command("SELECT INBOX");
      List<String> found =
          session.command(
              "UID SEARCH UID %d HEADER %s %s".formatted(uid, Ledger.MARKER_HEADER, marker));
      if (!found.contains("* SEARCH " + uid)) {
        throw new IOException("SEARCH for the mail just appended found " + found);
      }
      session.command("LOGOUT");
    }
  }
}
