package dev.godwit.database;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The version of a database server, as far as it decides what files the server can read.
 *
 * @param product {@code MariaDB}, {@code MySQL} or {@code PostgreSQL}
 * @param major the first number
 * @param minor the second one; 0 for PostgreSQL from 10 on, whose files are those of the first
 */
public record ServerVersion(String product, int major, int minor)
    implements Comparable<ServerVersion> {
  /** What {@code mariadbd --version} says, and {@code mysql_upgrade_info} holds. */
  private static final Pattern MARIADB =
      Pattern.compile("([0-9]{1,4})\\.([0-9]{1,4})\\.[0-9]+(.*)");

  /** What {@code postgres --version} says, and {@code PG_VERSION} holds. */
  private static final Pattern POSTGRESQL =
      Pattern.compile("(?:\\(PostgreSQL\\) |^)([0-9]{1,4})(?:\\.([0-9]{1,4}))?");

  /** From this one on the second number is that of a correction. */
  private static final int POSTGRESQL_ONE_NUMBER = 10;

  /** Reads what a server says of itself, or has written beside its files; empty for others. */
  public static Optional<ServerVersion> parse(Engine engine, String said) {
    return switch (engine) {
      case MARIADB -> {
        Matcher found = MARIADB.matcher(said.lines().findFirst().orElse(""));
        yield found.find()
            ? Optional.of(
                new ServerVersion(
                    found.group(3).contains("MariaDB") ? "MariaDB" : "MySQL",
                    Integer.parseInt(found.group(1)),
                    Integer.parseInt(found.group(2))))
            : Optional.empty();
      }
      case POSTGRESQL -> {
        Matcher found = POSTGRESQL.matcher(said.strip());
        if (!found.find()) {
          yield Optional.empty();
        }
        int major = Integer.parseInt(found.group(1));
        int minor =
            major >= POSTGRESQL_ONE_NUMBER || found.group(2) == null
                ? 0
                : Integer.parseInt(found.group(2));
        yield Optional.of(new ServerVersion("PostgreSQL", major, minor));
      }
      case MONGODB -> Optional.empty();
    };
  }

  @Override
  public int compareTo(ServerVersion other) {
    return Comparator.comparingInt(ServerVersion::major)
        .thenComparing(ServerVersion::minor)
        .thenComparing(ServerVersion::product)
        .compare(this, other);
  }

  @Override
  public String toString() {
    return product.equals("PostgreSQL") && major >= POSTGRESQL_ONE_NUMBER
        ? product + " " + major
        : "%s %d.%d".formatted(product, major, minor);
  }
}
