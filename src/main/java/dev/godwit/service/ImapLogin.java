package dev.godwit.service;

import dev.godwit.service.Conversation.Refusal;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A user's session with this host's IMAP server (RFC 3501; UID EXPUNGE of RFC 4315). */
final class ImapLogin implements AutoCloseable {
  /** The UIDs of a mailbox of 100,000 mails are 700 KB. */
  private static final int LONG_LINE_MAX = 64 * 1024 * 1024;

  /** IMAP over TLS from the first byte (RFC 8314). */
  private static final int IMAPS = 993;

  private static final Pattern UID_VALIDITY = Pattern.compile("\\[UIDVALIDITY ([0-9]+)\\]");
  private static final Pattern UID_NEXT = Pattern.compile("\\[UIDNEXT ([0-9]+)\\]");
  private static final Pattern LISTED =
      Pattern.compile("\\* LIST \\(([^)]*)\\) (?:\"(?:\\\\.|[^\"])*\"|NIL) (.+)");

  /** A mailbox that is open: what it says of its UIDs. */
  record Selected(long uidValidity, long uidNext) {}

  private final Conversation conversation;
  private int tag;

  private ImapLogin(Conversation conversation) {
    this.conversation = conversation;
  }

  /** Logs in, under TLS where the server wants that. */
  static ImapLogin open(Check.Imap check, Duration limit) throws IOException {
    String password = CheckRunner.firstLine(check.passwordFile());
    Conversation conversation = Conversation.open(check.port(), limit);
    try {
      if (check.port() == IMAPS) {
        conversation.startTls();
      }
      ImapLogin login = new ImapLogin(conversation);
      String greeting = conversation.line();
      if (!greeting.startsWith("* OK")) {
        throw new Refusal("greeted with " + Conversation.printable(greeting));
      }
      if (greeting.contains("LOGINDISABLED")) {
        List<String> unused = login.command("STARTTLS", "STARTTLS");
        conversation.startTls();
      }
      List<String> unused =
          login.command("LOGIN " + quoted(check.user()) + " " + quoted(password), "LOGIN");
      return login;
    } catch (IOException e) {
      conversation.close();
      throw e;
    }
  }

  private List<String> command(String command) throws IOException {
    return command(command, command);
  }

  /**
   * @param shown instead of the command in messages, which must not hold the password
   * @return the untagged lines of the answer
   */
  private List<String> command(String command, String shown) throws IOException {
    String mine = "g" + ++tag;
    conversation.write(mine + " " + command + "\r\n");
    return answer(mine, shown);
  }

  private List<String> answer(String mine, String shown) throws IOException {
    List<String> lines = new ArrayList<>();
    while (true) {
      String line = conversation.line(LONG_LINE_MAX);
      if (line.startsWith(mine + " OK")) {
        return lines;
      }
      if (line.startsWith(mine + " ") || line.startsWith("* BYE")) {
        throw new Refusal(shown + " was answered with " + Conversation.printable(line));
      }
      lines.add(line);
    }
  }

  /** SELECT, or EXAMINE when nothing is to be changed. */
  Selected select(String mailbox, boolean readOnly) throws IOException {
    List<String> lines =
        command((readOnly ? "EXAMINE " : "SELECT ") + quoted(mailbox), "SELECT " + mailbox);
    return new Selected(number(UID_VALIDITY, lines), number(UID_NEXT, lines));
  }

  private static long number(Pattern pattern, List<String> lines) {
    for (String line : lines) {
      Matcher matcher = pattern.matcher(line);
      if (matcher.find()) {
        return Long.parseLong(matcher.group(1));
      }
    }
    return 0;
  }

  /** All mailboxes that can be opened, as the server writes their names. */
  List<String> mailboxes() throws IOException {
    List<String> names = new ArrayList<>();
    for (String line : command("LIST \"\" \"*\"")) {
      Matcher matcher = LISTED.matcher(line);
      if (matcher.matches() && !matcher.group(1).toLowerCase(Locale.ROOT).contains("\\noselect")) {
        String name = matcher.group(2);
        names.add(
            name.startsWith("\"")
                ? name.substring(1, name.length() - 1).replaceAll("\\\\(.)", "$1")
                : name);
      }
    }
    return names;
  }

  /** The UIDs of the open mailbox that a SEARCH finds, in ascending order. */
  List<Long> search(String criteria) throws IOException {
    List<Long> found = new ArrayList<>();
    for (String line : command("UID SEARCH " + criteria)) {
      if (line.startsWith("* SEARCH")) {
        for (String word : line.substring("* SEARCH".length()).strip().split(" ")) {
          if (word.matches("[0-9]{1,10}")) {
            found.add(Long.parseLong(word));
          }
        }
      }
    }
    found.sort(null);
    return found;
  }

  /** Appends a small mail with a mark; makes the mailbox when it is missing. */
  void append(String mailbox, String mark) throws IOException {
    try {
      appendOnce(mailbox, mark);
    } catch (Refusal e) {
      if (!e.said.contains("TRYCREATE")) {
        throw e;
      }
      List<String> unused = command("CREATE " + quoted(mailbox));
      appendOnce(mailbox, mark);
    }
  }

  private void appendOnce(String mailbox, String mark) throws IOException {
    String mail = MailChecks.mail("godwit", "godwit", mark);
    String mine = "g" + ++tag;
    String shown = "APPEND to " + mailbox;
    conversation.write("%s APPEND %s {%d}\r\n".formatted(mine, quoted(mailbox), mail.length()));
    String ready = conversation.line();
    while (ready.startsWith("* ")) {
      ready = conversation.line();
    }
    if (!ready.startsWith("+")) {
      throw new Refusal(shown + " was answered with " + Conversation.printable(ready));
    }
    conversation.write(mail + "\r\n");
    List<String> unused = answer(mine, shown);
  }

  /**
   * The mail of the open mailbox with this mark.
   *
   * @param from the UID to look from: a mailbox may be large
   */
  @Nullable Long find(String mark, long from) throws IOException {
    List<Long> found =
        search("UID %d:* HEADER %s %s".formatted(Math.max(from, 1), MailChecks.MARK, mark));
    return found.isEmpty() ? null : found.getLast();
  }

  /** Whether the mail, fetched, has the mark. */
  boolean holds(long uid, String mark) throws IOException {
    return command("UID FETCH %d BODY.PEEK[]".formatted(uid)).stream()
        .anyMatch(line -> line.contains(mark));
  }

  /** Removes one mail of the open mailbox; another that is marked as deleted stays. */
  void remove(long uid) throws IOException {
    List<String> unused = command("UID STORE %d +FLAGS.SILENT (\\Deleted)".formatted(uid));
    boolean canExpungeOne =
        command("CAPABILITY").stream().anyMatch(line -> line.contains("UIDPLUS"));
    if (canExpungeOne) {
      unused = command("UID EXPUNGE " + uid);
    }
  }

  /** What has come since is seen by the next command. */
  void noop() throws IOException {
    List<String> unused = command("NOOP");
  }

  /** A quoted string of RFC 9051, which can hold neither CR nor LF. */
  private static String quoted(String value) throws Refusal {
    if (value.indexOf('\r') >= 0 || value.indexOf('\n') >= 0) {
      throw new Refusal("a user or password with a line break cannot be sent over IMAP");
    }
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  @Override
  public void close() throws IOException {
    try (conversation) {
      conversation.write("g" + ++tag + " LOGOUT\r\n");
    }
  }
}
