package dev.godwit.plan;

import dev.godwit.service.Check;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads {@code check} of a service: one check, or a list of them. */
final class CheckReader {
  private static final List<String> KINDS =
      List.of("tcp", "http", "imap", "pop3", "smtp", "command");
  private static final Section.Shape ANY =
      new Section.Shape(
          "a check",
          List.of(
              "tcp",
              "http",
              "imap",
              "pop3",
              "smtp",
              "command",
              "limit",
              "status",
              "contains",
              "user",
              "password-file",
              "append",
              "from",
              "to",
              "arrives"));
  private static final Section.Shape TCP = new Section.Shape("a tcp check", List.of("tcp"));
  private static final Section.Shape HTTP =
      new Section.Shape("an http check", List.of("http", "status", "contains"));
  private static final Section.Shape IMAP =
      new Section.Shape("an imap check", List.of("imap", "user", "password-file", "append"));
  private static final Section.Shape POP3 =
      new Section.Shape("a pop3 check", List.of("pop3", "user", "password-file"));
  private static final Section.Shape SMTP =
      new Section.Shape("an smtp check", List.of("smtp", "from", "to", "arrives"));
  private static final Section.Shape COMMAND =
      new Section.Shape("a command check", List.of("command", "limit"));
  private static final Section.Shape ARRIVES =
      new Section.Shape("where a mail arrives", List.of("imap", "user", "password-file"));

  /** What SMTP takes between angle brackets without further rules (RFC 5321, 4.1.2). */
  private static final Pattern ADDRESS = Pattern.compile("[^\\s<>@]+@[^\\s<>@]+");

  private static final Pattern STATUS = Pattern.compile("([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?");

  private static final Duration LIMIT_MIN = Duration.ofMillis(100);
  private static final Duration LIMIT_MAX = Duration.ofMinutes(10);

  private final Problems problems;
  private final Values values;

  CheckReader(Problems problems) {
    this.problems = problems;
    this.values = new Values(problems);
  }

  List<Check> read(Node node) {
    if (node instanceof SequenceNode) {
      return values.list(node, "check", "a list of checks", this::check);
    }
    Check check = check(node);
    return check == null ? List.of() : List.of(check);
  }

  private @Nullable Check check(Node node) {
    // Opened twice: first only to see which kind it is, then with the keys of that kind.
    Section any = Section.open(node, ANY, new Problems());
    if (any == null) {
      return values.wrong(node, "check", "a check such as { tcp: 25 }");
    }
    if (any.has("imap")) {
      return imap(node, IMAP);
    }
    if (any.has("pop3")) {
      return pop3(node);
    }
    if (any.has("smtp")) {
      return smtp(node);
    }
    if (any.has("http")) {
      return http(node);
    }
    if (any.has("tcp")) {
      return tcp(node);
    }
    if (any.has("command")) {
      return command(node);
    }
    Problems before = new Problems();
    Section.open(node, ANY, before);
    if (before.isEmpty()) {
      problems.add(
          node, "check: found no kind of check, expected one of " + String.join(", ", KINDS));
    } else {
      Section.open(node, ANY, problems);
    }
    return null;
  }

  private @Nullable Check tcp(Node node) {
    Section section = Section.open(node, TCP, problems);
    Node portNode = section == null ? null : section.get("tcp");
    Integer port = portNode == null ? null : values.port(portNode, "tcp");
    return port == null ? null : new Check.Tcp(port);
  }

  private @Nullable Check command(Node node) {
    Section section = Section.open(node, COMMAND, problems);
    Node commandNode = section == null ? null : section.get("command");
    if (section == null || commandNode == null) {
      return null;
    }
    List<String> command =
        values.command(
            commandNode, "command", "a list of arguments such as [mariadb-admin, ping]; no shell");
    Node limitNode = section.get("limit");
    Duration limit =
        limitNode == null
            ? Check.Command.DEFAULT_LIMIT
            : values.duration(limitNode, "limit", LIMIT_MIN, LIMIT_MAX);
    return command.isEmpty() || limit == null ? null : new Check.Command(command, limit);
  }

  /** Who logs in, and where the password is. */
  private record Login(int port, String user, Path passwordFile) {}

  private @Nullable Login login(Section section, String kind) {
    Node portNode = section.require(kind, "a port");
    Integer port = portNode == null ? null : values.port(portNode, kind);
    Node userNode = section.require("user", "the user that logs in");
    String user = userNode == null ? null : values.text(userNode, "user", "a user's name");
    Node fileNode =
        section.require("password-file", "the file that holds the password, on both hosts");
    String file = fileNode == null ? null : values.path(fileNode, "password-file");
    return port == null || user == null || file == null
        ? null
        : new Login(port, user, Path.of(file));
  }

  private Check.@Nullable Imap imap(Node node, Section.Shape shape) {
    Section section = Section.open(node, shape, problems);
    Login login = section == null ? null : login(section, "imap");
    if (section == null || login == null) {
      return null;
    }
    Node appendNode = section.get("append");
    String append =
        appendNode == null
            ? null
            : values.text(appendNode, "append", "a mailbox of the user, such as godwit-check");
    return new Check.Imap(login.port(), login.user(), login.passwordFile(), append);
  }

  private @Nullable Check pop3(Node node) {
    Section section = Section.open(node, POP3, problems);
    Login login = section == null ? null : login(section, "pop3");
    return login == null ? null : new Check.Pop3(login.port(), login.user(), login.passwordFile());
  }

  private @Nullable Check smtp(Node node) {
    Section section = Section.open(node, SMTP, problems);
    Node portNode = section == null ? null : section.get("smtp");
    Integer port = portNode == null ? null : values.port(portNode, "smtp");
    if (section == null || port == null) {
      return null;
    }
    if (!section.has("from") && !section.has("to") && !section.has("arrives")) {
      return new Check.Smtp(port, null);
    }
    String from = address(section, "from");
    String to = address(section, "to");
    Node arrivesNode =
        section.require(
            "arrives", "where the mail is seen: { imap: 143, user: …, password-file: … }");
    Check.Imap arrives = arrivesNode == null ? null : imap(arrivesNode, ARRIVES);
    return from == null || to == null || arrives == null
        ? null
        : new Check.Smtp(port, new Check.Mail(from, to, arrives));
  }

  private @Nullable String address(Section section, String key) {
    String expected = "a mail address such as probe@example.org";
    Node node = section.require(key, expected);
    String text = node == null ? null : values.text(node, key, expected);
    return node == null || text == null || ADDRESS.matcher(text).matches()
        ? text
        : values.wrong(node, key, expected);
  }

  private @Nullable Check http(Node node) {
    Section section = Section.open(node, HTTP, problems);
    Node urlNode = section == null ? null : section.get("http");
    if (section == null || urlNode == null) {
      return null;
    }
    URI url = url(urlNode);
    Node containsNode = section.get("contains");
    String contains =
        containsNode == null
            ? ""
            : values.text(containsNode, "contains", "a text that stands in the answer");
    Node statusNode = section.get("status");
    if (statusNode == null) {
      return url == null || contains == null
          ? null
          : new Check.Http(
              url, Check.Http.DEFAULT_STATUS_FROM, Check.Http.DEFAULT_STATUS_TO, contains);
    }
    String expected = "an HTTP status such as 200, or a range such as 200-399";
    Matcher status =
        STATUS.matcher(statusNode instanceof ScalarNode scalar ? scalar.getValue() : "");
    if (!status.matches()) {
      return values.wrong(statusNode, "status", expected);
    }
    int from = Integer.parseInt(status.group(1));
    int to = status.group(2) == null ? from : Integer.parseInt(status.group(2));
    if (from > to) {
      return values.wrong(statusNode, "status", expected);
    }
    return url == null || contains == null ? null : new Check.Http(url, from, to, contains);
  }

  private @Nullable URI url(Node node) {
    String expected = "a URL such as \"http://localhost/\" or \"https://www.example.org/\"";
    String text = values.text(node, "http", expected);
    if (text == null) {
      return null;
    }
    try {
      URI url = new URI(text);
      boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
      if (!web || url.getHost() == null) {
        return values.wrong(node, "http", expected);
      }
      if (url.getUserInfo() != null || url.getFragment() != null) {
        // The value is not repeated: it may hold a password.
        problems.add(node, "http: found a user or a fragment in the URL, expected neither");
        return null;
      }
      return url;
    } catch (URISyntaxException e) {
      return values.wrong(node, "http", expected);
    }
  }
}
