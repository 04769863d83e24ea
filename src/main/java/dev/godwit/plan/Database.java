package dev.godwit.plan;

import dev.godwit.database.Engine;
import java.util.List;

/**
 * A database that moves cold: its files are copied while its server runs, which gives a copy of no
 * use, and to the end inside the hold, after the server has stopped. Its server is one of the
 * plan's services, its data directory one of its trees.
 *
 * @param service the name of the server's service
 * @param data its data directory, the same on both hosts
 */
public record Database(Engine engine, String service, String data) {
  /** The plan's words for servers. */
  public static final List<String> ENGINES = List.of("mariadb", "mysql", "postgresql");
}
