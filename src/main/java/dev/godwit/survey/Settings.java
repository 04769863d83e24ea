package dev.godwit.survey;

import java.util.List;

/**
 * What the configuration of a host says that matters to a move.
 *
 * @param mentions of data, addresses, names and certificates in the files of servers that are known
 * @param certificates that the mentions name
 * @param jobs of cron and of systemd's timers
 * @param isWhole false when there was more configuration than is read
 */
public record Settings(
    List<Mention> mentions, List<Certificate> certificates, List<Job> jobs, boolean isWhole) {
  public Settings {
    mentions = List.copyOf(mentions);
    certificates = List.copyOf(certificates);
    jobs = List.copyOf(jobs);
  }

  /** What a line of configuration names. */
  public enum Kind {
    /** Where data lies. */
    DATA,
    /** Where the server listens. */
    LISTEN,
    /** A host name that it answers to. */
    NAME,
    /** A file with certificates. */
    CERTIFICATE
  }

  /**
   * A line that names something.
   *
   * @param server which one it configures: {@code nginx}, {@code dovecot}…
   * @param kind a name of {@link Kind}
   * @param value what the line names, without quotes
   */
  public record Mention(
      String server, String file, int line, String kind, String word, String value) {
    public boolean is(Kind wanted) {
      return kind.equals(wanted.name());
    }

    /** For messages: {@code /etc/nginx/nginx.conf:12}. */
    public String place() {
      return file + ":" + line;
    }
  }

  /**
   * The first certificate of a file, which is the server's own (RFC 8446, 4.4.2).
   *
   * @param path as the configuration names it, or as it was found
   * @param namedBy where it is named; empty when it lies below a tree of the plan
   * @param sha256 of the certificate, in hexadecimal; empty when the file holds none
   * @param endsMillis when it ends, milliseconds since 1970
   * @param names that it is for
   * @param problem why it cannot be read; empty when it can
   */
  public record Certificate(
      String path, String namedBy, String sha256, long endsMillis, String names, String problem) {}

  /**
   * Something that runs at times.
   *
   * @param place the file and line, or the timer
   * @param user that it runs as
   */
  public record Job(String place, String user, String command) {}
}
