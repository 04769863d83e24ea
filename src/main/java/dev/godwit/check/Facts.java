package dev.godwit.check;

import dev.godwit.database.Amount;
import dev.godwit.database.ServerVersion;
import dev.godwit.forward.ladder.Trial;
import dev.godwit.host.PathFacts;
import dev.godwit.plan.Database;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedAddress;
import dev.godwit.service.Control;
import dev.godwit.service.Queue;
import dev.godwit.service.Service;
import dev.godwit.survey.Boot;
import dev.godwit.survey.Firewall;
import dev.godwit.survey.Known;
import dev.godwit.survey.MailQueues.MailQueue;
import dev.godwit.survey.Running;
import dev.godwit.survey.Running.Proc;
import dev.godwit.survey.Settings;
import dev.godwit.survey.Surroundings;
import dev.godwit.survey.Tree;
import dev.godwit.survey.Units;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that is known of both hosts when the looks begin.
 *
 * @param at when they were asked
 * @param trees in the plan's order
 * @param databases likewise
 * @param services likewise
 * @param queues of the mail transfer agents that run on old, without those that the plan carries
 * @param address where the plan has a floating one
 * @param where where the plan has an address that a command moves
 * @param place where old and new are one host
 * @param owners of the plan's maps
 * @param known what new says about old's users, certificates and addresses
 * @param firewall of new
 */
record Facts(
    Plan plan,
    Instant at,
    Side oldHost,
    Side newHost,
    List<TreePair> trees,
    List<DatabaseFacts> databases,
    List<ServiceFacts> services,
    List<QueueFacts> queues,
    Optional<AddressFacts> address,
    Optional<WhereFacts> where,
    Optional<PlaceFacts> place,
    MappedOwners owners,
    Known known,
    Firewall firewall) {

  /**
   * One host.
   *
   * @param name for messages
   * @param gate what one would get there
   */
  record Side(
      String name,
      Surroundings surroundings,
      Running running,
      Settings settings,
      Units units,
      Boot boot,
      Trial.Result gate) {}

  /**
   * What of a tree is a file system of its own, on one host at least.
   *
   * @param path below the tree, one char a byte; empty for the tree itself, without the others
   */
  record Place(String path, boolean isOwnOnOld, boolean isOwnOnNew) {
    static final Place WHOLE = new Place("", true, true);
  }

  /** A tree of the plan on old or a place in it, and where it goes on new. */
  record TreePair(FileTree planned, Place place, Tree source, Tree target) {
    boolean isWhole() {
      return place.equals(Place.WHOLE);
    }
  }

  /**
   * A database of the plan.
   *
   * @param isData whether its directory is one of its engine
   * @param amount of its files; zeros when it is not
   * @param writtenBy the server that has written them last; empty when that is not known
   * @param onNew the servers of its kind that new has; empty too where nothing is asked, as on one
   *     host
   */
  record DatabaseFacts(
      Database database,
      boolean isData,
      Amount amount,
      Optional<ServerVersion> writtenBy,
      List<ServerVersion> onNew) {}

  /**
   * The floating address of the plan.
   *
   * @param ownOfOld old's own address of that network, by which it is reached without the floating
   * @param cutOnWay why what is open to it is cut when it goes to new; empty when it goes on
   * @param cutOnWayBack the same when it goes back to old
   */
  record AddressFacts(
      PlannedAddress.Floating floating,
      boolean isOnOld,
      boolean isOnNew,
      Optional<InetAddress> ownOfOld,
      Optional<InetAddress> ownOfNew,
      String cutOnWay,
      String cutOnWayBack) {}

  /**
   * The address of the plan that a command moves.
   *
   * @param said what the plan's {@code where} wrote
   * @param trouble why it could not be asked; empty when it could
   */
  record WhereFacts(PlannedAddress.Command command, String said, String trouble) {}

  /**
   * Where the services of one host have their files.
   *
   * @param now the place's name, as the plan's command has written it
   * @param trouble why that could not be asked; empty when it could
   * @param paths what each path of the trees leads to, by the plan's path
   */
  record PlaceFacts(String now, String trouble, Map<String, PathFacts> paths) {}

  /**
   * A service of the plan.
   *
   * @param troubleOnOld why its state cannot be told; empty when it can
   * @param failures of its checks on old; empty when they passed or were not made
   * @param isChecked whether the checks were made
   */
  record ServiceFacts(
      Service service,
      String troubleOnOld,
      boolean runsOnOld,
      String troubleOnNew,
      boolean runsOnNew,
      List<String> failures,
      boolean isChecked) {}

  /**
   * What a mail transfer agent of old has accepted and not delivered.
   *
   * @param content how much it is now, for people; empty where the queue was not found
   */
  record QueueFacts(Queue.Kind kind, MailQueue queue, String content) {}

  /** Which words of a service or a program lead to the configuration of which server. */
  private static final Map<String, Set<String>> SERVER_WORDS =
      Map.ofEntries(
          Map.entry("nginx", Set.of("nginx")),
          Map.entry("apache", Set.of("apache", "httpd")),
          Map.entry("dovecot", Set.of("dovecot")),
          Map.entry("postfix", Set.of("postfix")),
          Map.entry("exim", Set.of("exim")),
          Map.entry("mariadb", Set.of("mariadb", "mysql")),
          Map.entry("postgresql", Set.of("postgres")),
          Map.entry("redis", Set.of("redis", "valkey")),
          Map.entry("mongodb", Set.of("mongod")),
          Map.entry("haproxy", Set.of("haproxy")),
          Map.entry("vsftpd", Set.of("vsftpd")),
          Map.entry("samba", Set.of("smbd", "samba")));

  /** Old and new, or the one host that is both. */
  List<Side> hosts() {
    return plan.isWithinHost() ? List.of(oldHost) : List.of(oldHost, newHost);
  }

  /** The processes of a service on old. */
  List<Proc> processes(Service service) {
    return oldHost
        .running()
        .family(
            listener -> listener.isTcp() && service.ports().contains(listener.port()),
            process ->
                service.control() instanceof Control.Unit unit
                    && process.unit().equals(unit.unit()));
  }

  /** Whether a path of old goes to new with the move. */
  boolean isMoved(String path) {
    return plan.files().stream().anyMatch(tree -> isAtOrBelow(path, tree.path()));
  }

  /** Whether a tree is the queue of a mail transfer agent. */
  boolean isQueue(FileTree tree) {
    return plan.isQueue(tree);
  }

  /** Whether a path of new is filled by the move. */
  boolean isFilled(String path) {
    return isFilled(plan, path);
  }

  static boolean isFilled(Plan plan, String path) {
    return plan.files().stream().anyMatch(tree -> isAtOrBelow(path, tree.to()));
  }

  static boolean isAtOrBelow(String path, String folder) {
    return path.equals(folder) || path.startsWith(folder.equals("/") ? "/" : folder + "/");
  }

  /** Whether the configuration of this server is that of a service of the plan. */
  boolean isMovedServer(String server) {
    return services.stream().anyMatch(each -> isNamedAfter(each.service(), server));
  }

  private boolean isNamedAfter(Service service, String server) {
    StringBuilder text = new StringBuilder(service.name()).append(' ');
    switch (service.control()) {
      case Control.Unit unit -> text.append(unit.unit());
      case Control.Script script -> text.append(script.name());
      case Control.Staged staged -> text.append(staged.display());
      case Control.Commands commands -> text.append(String.join(" ", commands.start()));
    }
    processes(service).forEach(process -> text.append(' ').append(process.program()));
    String all = text.toString().toLowerCase(Locale.ROOT);
    return SERVER_WORDS.getOrDefault(server, Set.of(server)).stream().anyMatch(all::contains);
  }

  /**
   * The service of the plan that this queue is of, by its processes; by its name, where they are
   * not known.
   */
  Optional<Service> service(MailQueue queue) {
    return services.stream()
        .map(ServiceFacts::service)
        .filter(
            service -> {
              List<Proc> processes = processes(service);
              return processes.isEmpty()
                  ? isNamedAfter(service, queue.server())
                  : processes.stream().anyMatch(each -> queue.pids().contains(each.pid()));
            })
        .findFirst();
  }

  /** The addresses by which others know old: none of the link only, none that new has too. */
  List<String> oldAddresses() {
    List<String> ofNew =
        newHost.surroundings().addresses().stream().map(Surroundings.Address::address).toList();
    return oldHost.surroundings().addresses().stream()
        .filter(address -> !address.isLinkLocal())
        .map(Surroundings.Address::address)
        .filter(address -> !ofNew.contains(address) && !isFloating(address))
        .toList();
  }

  /** Whether new gets the address with the move. */
  boolean isFloating(String text) {
    return address
        .filter(one -> one.floating().onOld().address().getHostAddress().equals(text))
        .isPresent();
  }

  boolean newHas(String address) {
    return newHost.surroundings().addresses().stream().anyMatch(a -> a.address().equals(address));
  }
}
