package dev.godwit.draft;

import java.util.Map;
import java.util.Optional;

/** Checks that a plan could have, by what usually answers; with the question that is left open. */
final class ProposedCheck {
  private static final String LOGIN =
      "{ %s: %d, user: NAME, password-file: /root/probe.secret }   # who may log in?";

  private static final Map<String, String> OF_DATABASES =
      Map.of(
          "mariadb", "mariadb-admin, ping",
          "mysql", "mysqladmin, ping",
          "postgresql", "pg_isready");

  private ProposedCheck() {}

  /** Of a port that clients know; empty where only a connection can be tried. */
  static Optional<String> of(int port) {
    return Optional.ofNullable(
        switch (port) {
          case 25, 465, 587 -> "{ smtp: %d }   # does it greet on 127.0.0.1?".formatted(port);
          case 80 -> "{ http: \"http://localhost/\" }   # does it answer 200 to 399?";
          case 110, 995 -> LOGIN.formatted("pop3", port);
          case 143, 993 -> LOGIN.formatted("imap", port);
          case 443 -> "{ http: \"https://localhost/\" }   # by which name do clients ask?";
          default -> null;
        });
  }

  /** Of a server by the plan's word for it. */
  static Optional<String> ofDatabase(String server) {
    return Optional.ofNullable(OF_DATABASES.get(server))
        .map("{ command: [%s] }   # may root ask it?"::formatted);
  }
}
