package dev.godwit.check;

import dev.godwit.database.Amount;
import dev.godwit.database.Engine;
import dev.godwit.database.ServerVersion;
import dev.godwit.plan.Database;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedService;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Whether the databases of the plan are where it says, and how long they take in the hold. */
final class DatabaseLook implements Look {
  /** Bytes a second, of a good line between two hosts of one centre; said with the figure. */
  private static final double RATE = 100e6;

  @Override
  public void look(Facts facts, Findings findings) {
    for (Facts.DatabaseFacts each : facts.databases()) {
      Database database = each.database();
      if (each.isData()) {
        cost(facts.plan(), database, each.amount(), findings);
        each.writtenBy()
            .ifPresent(
                by ->
                    trouble(database, by, each.onNew())
                        .ifPresent(
                            code -> findings.add(code, versions(database, by, each.onNew()))));
      } else {
        findings.add(
            Code.NO_DATABASE,
            "%s: %s is no data directory of %s"
                .formatted(facts.oldHost().name(), database.data(), database.engine().word()));
      }
    }
    for (PlannedService server : facts.plan().askingServers()) {
      for (Path socket : server.sockets()) {
        findings.add(
            Code.SOCKET_REFUSES,
            "%s: who comes to unix:%s in a rollback is refused from the server's start until it has made it anew; in the cut-over they wait"
                .formatted(server.service().name(), socket));
      }
    }
  }

  /** What is said of a trouble. */
  static String versions(Database database, ServerVersion by, List<ServerVersion> onNew) {
    return "%s: %s is of %s, and new has %s"
        .formatted(
            database.service(),
            database.data(),
            by,
            onNew.stream().map(ServerVersion::toString).collect(Collectors.joining(", ")));
  }

  /**
   * What new's servers would make of the files of old's. Nothing where new has no server of the
   * kind: that the service is not known there says more.
   */
  static Optional<Code> trouble(Database database, ServerVersion by, List<ServerVersion> onNew) {
    if (onNew.isEmpty()) {
      return Optional.empty();
    }
    List<ServerVersion> ofProduct =
        onNew.stream().filter(one -> one.product().equals(by.product())).toList();
    boolean isSame = ofProduct.stream().anyMatch(one -> one.compareTo(by) == 0);
    // PostgreSQL reads the files of its own version alone; the others convert older ones.
    boolean isConverted =
        database.engine() != Engine.POSTGRESQL
            && (ofProduct.stream().anyMatch(one -> one.compareTo(by) > 0)
                || isTakenOver(by, onNew));
    return isSame
        ? Optional.empty()
        : Optional.of(isConverted ? Code.DATABASE_CONVERTED : Code.DATABASE_UNREADABLE);
  }

  /** MariaDB takes over what MySQL 5 has left, and no later one. */
  private static boolean isTakenOver(ServerVersion by, List<ServerVersion> onNew) {
    return by.product().equals("MySQL")
        && by.major() == 5
        && onNew.stream().anyMatch(one -> one.product().equals("MariaDB"));
  }

  private static void cost(Plan plan, Database database, Amount amount, Findings findings) {
    double seconds = amount.changedBytes() / RATE;
    String what =
        String.format(
            Locale.ROOT,
            "%s: of %d files (%.1f MB) of %s, %d (%.1f MB) have changed in the last %d minutes;"
                + " each of them is read within the hold, and what differs is copied: at most about %.1f s at 100 MB/s, %.1f s at 10 MB/s",
            database.service(),
            amount.files(),
            amount.bytes() / 1e6,
            database.data(),
            amount.changedFiles(),
            amount.changedBytes() / 1e6,
            Amount.LATELY.toMinutes(),
            seconds,
            seconds * 10);
    double hold = plan.limits().hold().toMillis() / 1000.0;
    findings.add(seconds > hold / 2 ? Code.COLD_COPY_LONG : Code.COLD_COPY, what);
  }
}
