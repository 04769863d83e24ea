package dev.godwit.check;

import dev.godwit.database.DatabaseClient;
import dev.godwit.database.ServerVersion;
import dev.godwit.host.Host;
import dev.godwit.plan.Database;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Databases of a plan whose files new's server converts at its first start, so that old's cannot
 * read them any more: what {@link Code#DATABASE_CONVERTED} tells, for commands that go by it.
 */
public final class Conversions {
  private Conversions() {}

  /**
   * What a cut-over would have converted.
   *
   * @return for people, one for each database; empty also where the versions cannot be told
   */
  public static List<String> of(Plan plan, Host oldHost, Host newHost) throws IOException {
    DatabaseClient onOld = new DatabaseClient(oldHost);
    List<String> converted = new ArrayList<>();
    for (Database database : databases(plan)) {
      Optional<ServerVersion> by = Gathering.writtenBy(onOld, database);
      List<ServerVersion> onNew = new DatabaseClient(newHost).installed(database.engine());
      if (by.isPresent()
          && DatabaseLook.trouble(database, by.get(), onNew)
              .equals(Optional.of(Code.DATABASE_CONVERTED))) {
        converted.add(DatabaseLook.versions(database, by.get(), onNew));
      }
    }
    return List.copyOf(converted);
  }

  /**
   * Whether old has no server that could read what new's have converted: one may have been
   * installed there since.
   */
  public static boolean keepFromGoingBack(Plan plan, Host oldHost, Host newHost)
      throws IOException {
    for (Database database : databases(plan)) {
      List<ServerVersion> onOld = new DatabaseClient(oldHost).installed(database.engine());
      List<ServerVersion> onNew = new DatabaseClient(newHost).installed(database.engine());
      for (ServerVersion each : onNew) {
        boolean isRead =
            onOld.stream()
                .anyMatch(old -> old.product().equals(each.product()) && old.compareTo(each) >= 0);
        if (!isRead) {
          return true;
        }
      }
    }
    return false;
  }

  /** On one host they have one server, before and after. */
  private static List<Database> databases(Plan plan) {
    return plan.isWithinHost() ? List.of() : plan.databases();
  }
}
