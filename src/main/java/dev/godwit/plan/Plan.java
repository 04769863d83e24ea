package dev.godwit.plan;

import dev.godwit.database.Engine;
import dev.godwit.host.ShellWord;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that one move moves, as its plan file says it, with all defaults filled in. At least
 * one service; no two file trees overlap on either host; no port belongs to two services.
 *
 * @param move the move's name: lower-case letters, digits and hyphens, fit to be part of a path
 * @param oldHost where the service lives when the move begins ({@code old} in the file)
 * @param newHost where it lives when the move is finished ({@code new} in the file); equal to
 *     {@code oldHost} when only the place of its files changes
 * @param ssh extra arguments for each call of ssh, before the destination
 * @param files all trees that move: those of {@code files}, and what other parts bring along
 * @param owners who owns the files of all trees on new, but for those of queues
 * @param services in start order; they are stopped in the opposite order
 * @param databases whose server is among the services and whose files are among the trees
 * @param address null: none moves
 * @param place how the services of one host are pointed at other trees; null when old and new are
 *     two hosts
 * @param hooks in the order in which those of one step are run
 * @param relay null: both are found by the move itself
 * @param watcher null: only the controller watches a switch from outside
 * @param file where the plan was read, absolute
 */
public record Plan(
    String move,
    Endpoint oldHost,
    Endpoint newHost,
    List<String> ssh,
    List<FileTree> files,
    PlannedOwners owners,
    List<PlannedService> services,
    List<Database> databases,
    @Nullable PlannedAddress address,
    @Nullable PlannedPlace place,
    List<Hook> hooks,
    Limits limits,
    @Nullable Relay relay,
    @Nullable Watcher watcher,
    Path file) {
  public Plan {
    ssh = List.copyOf(ssh);
    files = List.copyOf(files);
    services = List.copyOf(services);
    databases = List.copyOf(databases);
    hooks = List.copyOf(hooks);
  }

  /** Whether the services stay where they are, and only their files go to another place. */
  public boolean isWithinHost() {
    return place != null;
  }

  /**
   * Whether a tree is the queue of a mail transfer agent. Its files get their owners in the hold.
   */
  public boolean isQueue(FileTree tree) {
    return services.stream()
        .map(PlannedService::queue)
        .anyMatch(queue -> queue != null && queue.path().equals(tree.path()));
  }

  /** Whether a tree is the data of a database that moves cold. */
  public boolean isDatabase(FileTree tree) {
    return databases.stream().anyMatch(database -> database.data().equals(tree.path()));
  }

  /**
   * The servers that do not start while somebody answers at their unix sockets: MariaDB's, 10.11.19
   * for one, connects to its own first.
   */
  public List<PlannedService> askingServers() {
    List<String> mariadb =
        databases.stream()
            .filter(database -> database.engine() == Engine.MARIADB)
            .map(Database::service)
            .toList();
    return services.stream()
        .filter(planned -> !planned.sockets().isEmpty())
        .filter(planned -> mariadb.contains(planned.service().name()))
        .toList();
  }

  /** The plan's file as a word of a command line, for people to type or to copy. */
  public String typed() {
    return ShellWord.typed(file.toString());
  }

  /** Reads a plan file. */
  public static Plan read(Path file) throws PlanException {
    return PlanReader.read(file);
  }
}
