package dev.godwit.database;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A kind of database server, known by what lies in its data directory. A copy of that directory
 * which was made while the server ran is of no use until it has been completed after the server has
 * stopped (H70).
 */
@SuppressWarnings("ImmutableEnumChecker") // of List.of
public enum Engine {
  /** MariaDB and MySQL: the system tablespace of InnoDB. */
  MARIADB("mariadb", "ibdata1", List.of("/ibtmp1", "/#innodb_temp")),
  /** PostgreSQL, "Database File Layout". */
  POSTGRESQL(
      "postgresql",
      "global/pg_control",
      List.of("/postmaster.pid", "/postmaster.opts", "/pg_stat_tmp/*")),
  /** MongoDB's storage engine. */
  MONGODB("mongodb", "WiredTiger", List.of("/mongod.lock"));

  private final String word;
  private final String marker;
  private final List<String> excludes;

  Engine(String word, String marker, List<String> excludes) {
    this.word = word;
    this.marker = marker;
    this.excludes = excludes;
  }

  /** As the plan calls it. */
  public String word() {
    return word;
  }

  /** The file that no data directory of this kind is without, below it. */
  String marker() {
    return marker;
  }

  /** Filter rules for what a server makes anew when it starts. */
  public List<String> excludes() {
    return excludes;
  }

  /** The inverse of {@link #word}; MySQL's files are MariaDB's to us. */
  public static Optional<Engine> ofWord(String word) {
    String known = word.equals("mysql") ? MARIADB.word : word;
    return Arrays.stream(values()).filter(engine -> engine.word.equals(known)).findFirst();
  }

  MessageWriter write(MessageWriter to) {
    return to.u8(ordinal());
  }

  static Engine read(MessageReader from) throws WireException {
    int engine = from.u8();
    if (engine >= values().length) {
      throw new WireException("malformed message: an unknown engine");
    }
    return values()[engine];
  }
}
