package dev.godwit.survey;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * By which names of a folder the data of a database server is known (H70). Pure functions on the
 * names of one folder.
 */
final class DatabaseSigns {
  /**
   * A server's data.
   *
   * @param all names that are all there
   */
  private record Sign(String engine, List<String> all) {}

  private static final List<Sign> SIGNS =
      List.of(
          new Sign("PostgreSQL", List.of("PG_VERSION", "base", "global")),
          new Sign("MariaDB or MySQL", List.of("ibdata1")),
          new Sign("MariaDB or MySQL", List.of("aria_log_control", "mysql")),
          new Sign("MongoDB", List.of("WiredTiger.wt")),
          new Sign("MongoDB", List.of("storage.bson")),
          new Sign("Redis", List.of("appendonlydir")),
          new Sign("Redis", List.of("dump.rdb")),
          new Sign("Redis", List.of("appendonly.aof")),
          new Sign("OpenLDAP", List.of("data.mdb", "lock.mdb")),
          new Sign("CouchDB", List.of("_dbs.couch")),
          new Sign("Elasticsearch or OpenSearch", List.of("node.lock", "_state")),
          new Sign("InfluxDB", List.of("influxd.bolt")),
          new Sign("Prometheus", List.of("chunks_head", "wal")),
          new Sign("etcd", List.of("member", "snap")),
          new Sign("RocksDB", List.of("CURRENT", "IDENTITY")));

  private static final int LENGTH_MAX = 32;
  private static final Map<String, Boolean> NAMES = new HashMap<>();

  static {
    SIGNS.forEach(sign -> sign.all().forEach(name -> NAMES.put(name, true)));
  }

  private DatabaseSigns() {}

  /** Whether a name can be part of a sign at all: all others need not be kept. */
  static boolean isPart(byte[] name) {
    return name.length <= LENGTH_MAX
        && NAMES.containsKey(new String(name, java.nio.charset.StandardCharsets.ISO_8859_1));
  }

  /** The server whose data a folder with these names is; null when it is none. */
  static Tree.@Nullable Database of(String folder, Set<String> names) {
    for (Sign sign : SIGNS) {
      if (names.containsAll(sign.all())) {
        return new Tree.Database(sign.engine(), folder, sign.all().getFirst());
      }
    }
    return null;
  }
}
