package dev.godwit.service;

import dev.godwit.service.Conversation.Refusal;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.UUID;

/** The checks that speak IMAP, POP3 (RFC 1939, STLS of RFC 2595) and SMTP (RFC 5321). */
final class MailChecks {
  /** The header that a check's own mails have, and others do not. */
  static final String MARK = "X-Godwit-Check";

  private static final int POP3S = 995;
  private static final int SUBMISSIONS = 465;
  private static final Duration LOOK = Duration.ofMillis(20);

  private MailChecks() {}

  static String imap(Check.Imap check, Duration limit) throws IOException {
    try (ImapLogin login = ImapLogin.open(check, limit)) {
      String mailbox = check.append();
      if (mailbox == null) {
        ImapLogin.Selected unused = login.select("INBOX", false);
        return "logged in as " + check.user() + ", INBOX selected";
      }
      String mark = mark();
      login.append(mailbox, mark);
      ImapLogin.Selected unused = login.select(mailbox, false);
      Long uid = login.find(mark, 1);
      if (uid == null || !login.holds(uid, mark)) {
        throw new Refusal("a mail that was appended to " + mailbox + " cannot be fetched");
      }
      login.remove(uid);
      return "logged in as %s, appended to %s and fetched".formatted(check.user(), mailbox);
    }
  }

  static String pop3(Check.Pop3 check, Duration limit) throws IOException {
    String password = CheckRunner.firstLine(check.passwordFile());
    if ((check.user() + password).chars().anyMatch(c -> c == '\r' || c == '\n')) {
      throw new Refusal("a user or password with a line break cannot be sent over POP3");
    }
    try (Conversation conversation = Conversation.open(check.port(), limit)) {
      if (check.port() == POP3S) {
        conversation.startTls();
      }
      pop3(conversation, "the greeting");
      if (check.port() != POP3S && offersTls(conversation)) {
        conversation.write("STLS\r\n");
        pop3(conversation, "STLS");
        conversation.startTls();
      }
      conversation.write("USER " + check.user() + "\r\n");
      pop3(conversation, "USER");
      conversation.write("PASS " + password + "\r\n");
      pop3(conversation, "PASS");
      conversation.write("STAT\r\n");
      String stat = pop3(conversation, "STAT");
      conversation.write("QUIT\r\n");
      pop3(conversation, "QUIT");
      return "logged in as %s: %s".formatted(check.user(), Conversation.printable(stat));
    }
  }

  private static boolean offersTls(Conversation conversation) throws IOException {
    conversation.write("CAPA\r\n");
    String line = conversation.line();
    boolean offers = false;
    while (line.startsWith("+OK") || !(line.equals(".") || line.startsWith("-ERR"))) {
      offers |= line.equals("STLS");
      line = conversation.line();
    }
    return offers;
  }

  private static String pop3(Conversation conversation, String asked) throws IOException {
    String line = conversation.line();
    if (!line.startsWith("+OK")) {
      throw new Refusal(asked + " was answered with " + Conversation.printable(line));
    }
    return line;
  }

  /** Waits for the mail as long as the limit lets it. */
  static String smtp(Check.Smtp check, Duration limit) throws IOException {
    long end = System.nanoTime() + limit.toNanos();
    Check.Mail mail = check.mail();
    if (mail == null) {
      try (Conversation conversation = greeted(check, limit)) {
        smtp(conversation, "QUIT", "221");
        return "answers";
      }
    }
    String mark = mark();
    try (ImapLogin login = ImapLogin.open(mail.arrives(), limit)) {
      // A mailbox may hold a million mails: only what comes from now on is looked through.
      long next = login.select("INBOX", false).uidNext();
      try (Conversation conversation = greeted(check, limit)) {
        smtp(conversation, "MAIL FROM:<" + mail.from() + ">", "250");
        smtp(conversation, "RCPT TO:<" + mail.to() + ">", "250");
        smtp(conversation, "DATA", "354");
        conversation.write(mail(mail.from(), mail.to(), mark) + ".\r\n");
        answered(conversation, "the mail", "250");
        smtp(conversation, "QUIT", "221");
      }
      login.remove(arrived(login, mark, next, end, mail, limit));
      return "took a mail to %s, which has arrived".formatted(mail.to());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Refusal("interrupted");
    }
  }

  private static long arrived(
      ImapLogin login, String mark, long from, long end, Check.Mail mail, Duration limit)
      throws IOException, InterruptedException {
    try {
      Long uid = login.find(mark, from);
      while (uid == null && System.nanoTime() - end < 0) {
        Thread.sleep(LOOK);
        login.noop();
        uid = login.find(mark, from);
      }
      if (uid != null) {
        return uid;
      }
    } catch (SocketTimeoutException e) {
      // The limit came in the middle of a look.
    }
    throw new Refusal(
        "a mail to %s was accepted and has not arrived within %d ms"
            .formatted(mail.to(), limit.toMillis()));
  }

  private static Conversation greeted(Check.Smtp check, Duration limit) throws IOException {
    Conversation conversation = Conversation.open(check.port(), limit);
    try {
      if (check.port() == SUBMISSIONS) {
        conversation.startTls();
      }
      answered(conversation, "the greeting", "220");
      smtp(conversation, "EHLO localhost", "250");
      return conversation;
    } catch (IOException e) {
      conversation.close();
      throw e;
    }
  }

  private static void smtp(Conversation conversation, String command, String code)
      throws IOException {
    conversation.write(command + "\r\n");
    answered(conversation, command.lines().findFirst().orElse(""), code);
  }

  private static void answered(Conversation conversation, String asked, String code)
      throws IOException {
    String line = conversation.line();
    while (line.startsWith(code + "-")) {
      line = conversation.line();
    }
    if (!line.startsWith(code)) {
      throw new Refusal(asked + " was answered with " + Conversation.printable(line));
    }
  }

  private static String mark() {
    return "godwit-" + UUID.randomUUID();
  }

  /** A whole mail, its lines ended. */
  static String mail(String from, String to, String mark) {
    return """
        From: <%s>\r
        To: <%s>\r
        Subject: check of a move\r
        %s: %s\r
        \r
        Sent by godwit to see whether mail arrives. It is removed at once.\r
        """
        .formatted(from, to, MARK, mark);
  }
}
