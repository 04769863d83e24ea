package dev.godwit.service;

import java.net.URI;
import java.nio.file.Path;

/**
 * One question that a service must answer rightly before clients are given to it. A check is made
 * on the host of the service, not from where the clients are.
 */
public sealed interface Check {
  /** For messages: {@code imap 143 as probe@example.org}. Holds no secret. */
  String display();

  /** The port accepts a connection on the loopback address. */
  record Tcp(int port) implements Check {
    @Override
    public String display() {
      return "tcp " + port;
    }
  }

  /**
   * A GET is answered with a status from {@code statusFrom} to {@code statusTo}, both included;
   * redirections are not followed.
   */
  record Http(URI url, int statusFrom, int statusTo) implements Check {
    /** What counts as an answer when the plan says nothing: all but the errors of RFC 9110. */
    public static final int DEFAULT_STATUS_FROM = 200;

    public static final int DEFAULT_STATUS_TO = 399;

    public Http(URI url) {
      this(url, DEFAULT_STATUS_FROM, DEFAULT_STATUS_TO);
    }

    @Override
    public String display() {
      String status =
          statusFrom == DEFAULT_STATUS_FROM && statusTo == DEFAULT_STATUS_TO
              ? ""
              : statusFrom == statusTo
                  ? " answers " + statusFrom
                  : " answers " + statusFrom + "-" + statusTo;
      return "http " + url + status;
    }
  }

  /**
   * A login over IMAP (RFC 9051) on the loopback address, then SELECT of INBOX.
   *
   * @param passwordFile absolute, on the host of the service; its first line is the password
   */
  record Imap(int port, String user, Path passwordFile) implements Check {
    @Override
    public String display() {
      return "imap " + port + " as " + user;
    }
  }
}
