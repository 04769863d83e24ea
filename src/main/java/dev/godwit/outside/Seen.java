package dev.godwit.outside;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What a client would have seen of one port.
 *
 * @param service its name
 * @param address {@code 203.0.113.7:143}
 * @param how it was asked
 * @param requests that were begun
 * @param failures of them: refused, reset, closed without an answer, answered wrongly, or not
 *     answered in the time that a client has
 * @param unanswered of them: begun so late that they still had time when nobody looked any more
 * @param longestGap between the ends of two good answers in a row
 * @param gapEnded when that gap was over
 * @param slowest how long the good answer took that took longest
 * @param reason of the first failure, or why there were no requests; empty without either
 * @param from the host that asked; empty for the controller's
 */
public record Seen(
    String service,
    String address,
    How how,
    long requests,
    long failures,
    long unanswered,
    Duration longestGap,
    Instant gapEnded,
    Duration slowest,
    String reason,
    String from) {
  private static final int FIELDS = 11;

  /** The same as another host has seen it. */
  public Seen from(String host) {
    return new Seen(
        service,
        address,
        how,
        requests,
        failures,
        unanswered,
        longestGap,
        gapEnded,
        slowest,
        reason,
        host);
  }

  /** What counts as an answer. */
  public enum How {
    /** A page of a status that is none of a failure. */
    PAGE,
    /** The first line of a service that speaks first. */
    GREETING,
    /** A handshake of TLS, of a service that speaks nothing else. */
    TLS,
    /** What a PostgreSQL server says when it is asked whether it speaks TLS. */
    POSTGRESQL,
    /** That a MariaDB server denies a login. */
    MARIADB,
    /**
     * An accepted connection, of a service that waits for its client to speak: who is held has one
     * too.
     */
    CONNECTION
  }

  /** Whether somebody who was held would have been seen to be. */
  public boolean seesHold() {
    return how != How.CONNECTION;
  }

  /** One line that {@link #parse} reads. */
  public String line() {
    return String.join(
        "\t",
        service,
        address,
        how.name(),
        Long.toString(requests),
        Long.toString(failures),
        Long.toString(longestGap.toMillis()),
        Long.toString(gapEnded.toEpochMilli()),
        Long.toString(slowest.toMillis()),
        reason.replaceAll("\\s", " "),
        from.replaceAll("\\s", " "),
        Long.toString(unanswered));
  }

  /** The inverse of {@link #line}, for any number of lines. */
  public static List<Seen> parse(String lines) {
    List<Seen> all = new ArrayList<>();
    for (String line : lines.lines().toList()) {
      String[] fields = line.split("\t", FIELDS);
      all.add(
          new Seen(
              fields[0],
              fields[1],
              How.valueOf(fields[2]),
              Long.parseLong(fields[3]),
              Long.parseLong(fields[4]),
              fields.length < FIELDS ? 0 : Long.parseLong(fields[10]),
              Duration.ofMillis(Long.parseLong(fields[5])),
              Instant.ofEpochMilli(Long.parseLong(fields[6])),
              Duration.ofMillis(Long.parseLong(fields[7])),
              fields[8],
              fields.length < FIELDS - 1 ? "" : fields[9]));
    }
    return List.copyOf(all);
  }

  /** For people. */
  public String text() {
    String what = "%s at %s%s".formatted(service, address, from.isEmpty() ? "" : ", from " + from);
    if (requests == 0) {
      return "%s: %s".formatted(what, reason);
    }
    String end =
        (unanswered == 0 ? "" : "; %d still waited at the end".formatted(unanswered))
            + (reason.isEmpty() ? "" : "; the first failure: " + reason);
    if (!seesHold()) {
      return "%s: %d connections, %d failed; no answer can be asked for there, so whether anybody was held is not seen%s"
          .formatted(what, requests, failures, end);
    }
    return "%s: %d requests, %d failed, longest gap %d ms (until %s), slowest answer %d ms%s"
        .formatted(
            what, requests, failures, longestGap.toMillis(), gapEnded, slowest.toMillis(), end);
  }
}
