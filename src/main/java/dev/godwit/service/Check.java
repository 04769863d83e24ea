package dev.godwit.service;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One question that a service must answer rightly before clients are given to it. A check is made
 * on the host of the service, not from where the clients are.
 */
public sealed interface Check {
  /** For messages: {@code imap 143 as probe@example.org}. Holds no secret. */
  String display();

  /**
   * Whether it reaches the service of its host though a gate has the ports: its connections come
   * from {@link CheckRunner#SOURCE}. One that does not would wait there as a client does.
   */
  default boolean comesPastGate() {
    return true;
  }

  /** The port accepts a connection on the loopback address. */
  record Tcp(int port) implements Check {
    @Override
    public String display() {
      return "tcp " + port;
    }
  }

  /**
   * A GET is answered, to the answer's end, with a status from {@code statusFrom} to {@code
   * statusTo}, both included; redirections are not followed.
   *
   * @param url of http or https; under TLS, the name in it is told to the server, and its
   *     certificate may be anybody's
   * @param contains what stands in the answer's content, in its first MiB; empty: anything may
   */
  record Http(URI url, int statusFrom, int statusTo, String contains) implements Check {
    /** What counts as an answer when the plan says nothing: all but the errors of RFC 9110. */
    public static final int DEFAULT_STATUS_FROM = 200;

    public static final int DEFAULT_STATUS_TO = 399;

    public Http(URI url) {
      this(url, DEFAULT_STATUS_FROM, DEFAULT_STATUS_TO);
    }

    public Http(URI url, int statusFrom, int statusTo) {
      this(url, statusFrom, statusTo, "");
    }

    /** What it connects to. */
    public int port() {
      return url.getPort() >= 0 ? url.getPort() : isSecure() ? 443 : 80;
    }

    /** Whether it is asked under TLS. */
    public boolean isSecure() {
      return "https".equals(url.getScheme());
    }

    @Override
    public String display() {
      String status =
          statusFrom == DEFAULT_STATUS_FROM && statusTo == DEFAULT_STATUS_TO
              ? ""
              : statusFrom == statusTo
                  ? " answers " + statusFrom
                  : " answers " + statusFrom + "-" + statusTo;
      return "http " + url + status + (contains.isEmpty() ? "" : " with \"" + contains + "\"");
    }
  }

  /**
   * A login over IMAP (RFC 3501) on the loopback address, under TLS where the server wants that,
   * then SELECT of INBOX; or an APPEND to a mailbox, which is fetched and removed again.
   *
   * @param passwordFile absolute, on the host of the service; its first line is the password
   * @param append the mailbox, made when it is missing; null: nothing is written
   */
  record Imap(int port, String user, Path passwordFile, @Nullable String append) implements Check {
    public Imap(int port, String user, Path passwordFile) {
      this(port, user, passwordFile, null);
    }

    @Override
    public String display() {
      return "imap " + port + " as " + user;
    }
  }

  /** A login over POP3 (RFC 1939) on the loopback address, under TLS where that is offered. */
  record Pop3(int port, String user, Path passwordFile) implements Check {
    @Override
    public String display() {
      return "pop3 " + port + " as " + user;
    }
  }

  /**
   * EHLO over SMTP (RFC 5321) on the loopback address, and a mail.
   *
   * @param mail null: none is sent
   */
  record Smtp(int port, @Nullable Mail mail) implements Check {
    @Override
    public String display() {
      return "smtp " + port + (mail == null ? "" : ", a mail to " + mail.to());
    }
  }

  /**
   * A program of the host says that the service is well, by ending with 0. It is run as Godwit is
   * there, without a shell and with nothing to read.
   *
   * @param command an argument list, shown in messages
   * @param limit for one run; it is killed then, with all that it has started
   */
  record Command(List<String> command, Duration limit) implements Check {
    public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(10);

    public Command {
      command = List.copyOf(command);
    }

    @Override
    public String display() {
      return "command " + String.join(" ", command);
    }

    @Override
    public boolean comesPastGate() {
      return false; // how it connects is not ours to say
    }
  }

  /**
   * A mail that is sent, is seen to arrive, and is removed.
   *
   * @param arrives the login whose INBOX it arrives in
   */
  record Mail(String from, String to, Imap arrives) {}
}
