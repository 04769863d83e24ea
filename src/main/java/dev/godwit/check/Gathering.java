package dev.godwit.check;

import dev.godwit.address.AddressClient;
import dev.godwit.database.Amount;
import dev.godwit.database.DatabaseClient;
import dev.godwit.database.Engine;
import dev.godwit.database.ServerVersion;
import dev.godwit.forward.daemons.GateClient;
import dev.godwit.forward.ladder.Trial;
import dev.godwit.host.Host;
import dev.godwit.host.MountBelow;
import dev.godwit.host.PathFacts;
import dev.godwit.plan.Database;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedAddress;
import dev.godwit.plan.PlannedPlace;
import dev.godwit.plan.PlannedService;
import dev.godwit.service.Check;
import dev.godwit.service.CheckResult;
import dev.godwit.service.Queue;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import dev.godwit.survey.Boot;
import dev.godwit.survey.Firewall;
import dev.godwit.survey.Known;
import dev.godwit.survey.MailQueues.MailQueue;
import dev.godwit.survey.Running;
import dev.godwit.survey.Settings;
import dev.godwit.survey.Surroundings;
import dev.godwit.survey.SurveyClient;
import dev.godwit.survey.Tree;
import dev.godwit.survey.Units;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Asks both hosts for the facts. Everything that can be asked at once is; a second round has what
 * depends on the first: what new says about old's things, and what of the trees a lesser file
 * system of new would lose.
 */
final class Gathering {
  private static final Duration CHECK_LIMIT = Duration.ofSeconds(10);

  /** Chosen by nobody: stands for the port that the landing gets from the kernel. */
  static final int SOME_PORT = 40_103;

  private final Plan plan;
  private final Host oldHost;
  private final Host newHost;
  private final boolean makesChecks;
  private final Duration measure;

  /**
   * @param makesChecks whether the checks of services are made, which may leave traces in them: a
   *     login over IMAP makes dovecot write its index
   * @param measure how long each tree is measured at most
   */
  Gathering(Plan plan, Host oldHost, Host newHost, boolean makesChecks, Duration measure) {
    this.plan = plan;
    this.oldHost = oldHost;
    this.newHost = newHost;
    this.makesChecks = makesChecks;
    this.measure = measure;
  }

  Facts gather() throws IOException {
    SurveyClient onOld = new SurveyClient(oldHost);
    SurveyClient onNew = new SurveyClient(newHost);
    try (ExecutorService threads = Executors.newThreadPerTaskExecutor(Gathering::thread)) {
      Future<Facts.Side> oldSide = ask(threads, () -> side(threads, oldHost, onOld));
      Future<Facts.Side> newSide = ask(threads, () -> side(threads, newHost, onNew));
      Future<Firewall> firewall = ask(threads, () -> onNew.firewall(ports()));
      List<Future<Facts.ServiceFacts>> services = new ArrayList<>();
      for (PlannedService planned : plan.services()) {
        services.add(ask(threads, () -> service(planned.service())));
      }
      List<Future<List<Facts.TreePair>>> trees = new ArrayList<>();
      for (FileTree tree : plan.files()) {
        trees.add(ask(threads, () -> trees(threads, tree, onOld, onNew)));
      }
      List<Future<Facts.DatabaseFacts>> databases = new ArrayList<>();
      for (Database database : plan.databases()) {
        databases.add(ask(threads, () -> database(database)));
      }
      Future<List<Facts.QueueFacts>> queues = ask(threads, () -> queues(onOld));
      Future<Optional<Facts.AddressFacts>> address = ask(threads, this::address);
      Future<Optional<Facts.WhereFacts>> where = ask(threads, () -> WhereAddress.facts(plan));
      Future<Optional<Facts.PlaceFacts>> place = ask(threads, this::place);
      Future<MappedOwners> owners = ask(threads, () -> MappedOwners.ask(plan, onOld, onNew));
      Facts.Side oldFacts = answer(oldSide);
      List<Facts.TreePair> pairs = answers(trees).stream().flatMap(List::stream).toList();
      MappedOwners mapped = answer(owners);
      Future<Known> known = ask(threads, () -> onNew.known(question(pairs, oldFacts, mapped)));
      return new Facts(
          plan,
          Instant.now(),
          oldFacts,
          answer(newSide),
          pairs,
          answers(databases),
          answers(services),
          answer(queues),
          answer(address),
          answer(where),
          answer(place),
          mapped,
          answer(known),
          answer(firewall));
    }
  }

  private static Thread thread(Runnable task) {
    return Thread.ofPlatform().daemon().name("godwit asks").unstarted(task);
  }

  private Facts.Side side(ExecutorService threads, Host host, SurveyClient client)
      throws IOException {
    Future<Running> running = ask(threads, client::running);
    Future<Settings> settings = ask(threads, client::settings);
    Future<Units> units = ask(threads, () -> client.units(units()));
    Future<Boot> boot = ask(threads, () -> boot(client));
    Future<Trial.Result> gate = ask(threads, () -> new GateClient(host, plan.move()).trial());
    Surroundings surroundings = client.surroundings();
    return new Facts.Side(
        host.name(),
        surroundings,
        answer(running),
        answer(settings),
        answer(units),
        answer(boot),
        answer(gate));
  }

  /** Within a host nothing starts elsewhere than before, and no address moves. */
  private Boot boot(SurveyClient client) throws IOException {
    return plan.isWithinHost() ? Boot.NONE : client.boot(new Boot.Question(units(), floating()));
  }

  private List<String> units() {
    return plan.services().stream()
        .flatMap(planned -> planned.service().control().unitName().stream())
        .toList();
  }

  private List<String> floating() {
    return plan.address() instanceof PlannedAddress.Floating floating
        ? List.of(floating.onOld().address().getHostAddress())
        : List.of();
  }

  /** The tree, and each file system of its own in it, which the mirror sees apart. */
  private List<Facts.TreePair> trees(
      ExecutorService threads, FileTree tree, SurveyClient onOld, SurveyClient onNew)
      throws IOException {
    Facts.TreePair whole = pair(threads, tree, Facts.Place.WHOLE, onOld, onNew);
    List<Facts.TreePair> pairs = new ArrayList<>(List.of(whole));
    for (Facts.Place place : places(whole)) {
      Facts.TreePair pair = pair(threads, tree, place, onOld, onNew);
      if (pair.source().isDirectory()) {
        pairs.add(pair);
      }
    }
    return pairs;
  }

  private static List<Facts.Place> places(Facts.TreePair whole) {
    Set<String> ofOld = new HashSet<>();
    Set<String> ofNew = new HashSet<>();
    for (MountBelow mount : whole.source().mountsBelow()) {
      if (mount.mayTakePart() && whole.planned().mounts().has(mount.path())) {
        ofOld.add(mount.path());
      }
    }
    whole.target().mountsBelow().stream()
        .filter(MountBelow::mayTakePart)
        .forEach(mount -> ofNew.add(mount.path()));
    Set<String> all = new TreeSet<>(ofOld);
    all.addAll(ofNew);
    return all.stream()
        .map(path -> new Facts.Place(path, ofOld.contains(path), ofNew.contains(path)))
        .toList();
  }

  private Facts.TreePair pair(
      ExecutorService threads,
      FileTree tree,
      Facts.Place place,
      SurveyClient onOld,
      SurveyClient onNew)
      throws IOException {
    Future<Tree> source = ask(threads, () -> source(tree, place, onOld, false));
    Tree target = onNew.target(tree.to(), place.path(), tree.exclude(), measure);
    boolean isLesser =
        !target.userXattrs() || !target.acls() || target.foldsCase() || target.foldsForm();
    Tree first = answer(source);
    return new Facts.TreePair(
        tree, place, isLesser ? source(tree, place, onOld, true) : first, target);
  }

  private Tree source(FileTree tree, Facts.Place place, SurveyClient onOld, boolean isDeep)
      throws IOException {
    return onOld.tree(tree.path(), place.path(), tree.exclude(), isDeep, measure);
  }

  private Facts.DatabaseFacts database(Database database) throws IOException {
    DatabaseClient onOld = new DatabaseClient(oldHost);
    boolean isData =
        onOld.search(database.data()).stream()
            .anyMatch(
                found ->
                    found.path().equals(database.data()) && found.engine() == database.engine());
    if (!isData) {
      return new Facts.DatabaseFacts(database, false, Amount.NONE, Optional.empty(), List.of());
    }
    return new Facts.DatabaseFacts(
        database,
        true,
        onOld.measure(database.data(), Amount.LATELY),
        writtenBy(onOld, database),
        plan.isWithinHost() ? List.of() : new DatabaseClient(newHost).installed(database.engine()));
  }

  /** The server that has written a database last; empty when it cannot be told. */
  static Optional<ServerVersion> writtenBy(DatabaseClient onOld, Database database)
      throws IOException {
    Engine engine = database.engine();
    Optional<ServerVersion> writtenBy = onOld.writtenBy(engine, database.data());
    if (writtenBy.isPresent()) {
      return writtenBy;
    }
    // MySQL does not say it beside its files; of several servers it would be a guess.
    List<ServerVersion> there = onOld.installed(engine);
    return there.size() == 1 ? Optional.of(there.getFirst()) : Optional.empty();
  }

  private List<Facts.QueueFacts> queues(SurveyClient onOld) throws IOException {
    if (plan.isWithinHost()) {
      return List.of(); // they stay where they are
    }
    Set<String> carried = new HashSet<>();
    for (PlannedService planned : plan.services()) {
      Queue queue = planned.queue();
      if (queue != null) {
        carried.add(PathFacts.of(oldHost, queue.path()).real());
      }
    }
    List<Facts.QueueFacts> found = new ArrayList<>();
    for (MailQueue queue : onOld.mailQueues().queues()) {
      Optional<Queue.Kind> kind = Queue.Kind.of(queue.server());
      boolean isCarried = queue.isFound() && carried.contains(queue.path());
      if (kind.isPresent() && !isCarried) {
        String content = queue.isFound() ? content(kind.get(), queue.path()) : "";
        found.add(new Facts.QueueFacts(kind.get(), queue, content));
      }
    }
    return List.copyOf(found);
  }

  private String content(Queue.Kind kind, String path) {
    try {
      return new ServiceClient(oldHost, plan.move())
          .awaitQuiet(new Queue(kind, path, Duration.ZERO));
    } catch (IOException e) {
      return "%s, of which the messages cannot be counted (%s)".formatted(path, e.getMessage());
    }
  }

  private Optional<Facts.AddressFacts> address() throws IOException {
    if (!(plan.address() instanceof PlannedAddress.Floating floating)) {
      return Optional.empty();
    }
    AddressClient onOld = new AddressClient(oldHost, plan.move(), floating.onOld());
    AddressClient onNew = new AddressClient(newHost, plan.move(), floating.onNew());
    return Optional.of(
        new Facts.AddressFacts(
            floating,
            onOld.isHeld(),
            onNew.isHeld(),
            onOld.own().map(AddressClient.Own::address),
            onNew.own().map(AddressClient.Own::address),
            onNew.whyNoStrays(),
            onOld.whyNoStrays()));
  }

  private Optional<Facts.PlaceFacts> place() throws IOException {
    PlannedPlace planned = plan.place();
    if (planned == null) {
      return Optional.empty();
    }
    String now = "";
    String trouble = "";
    try {
      now = new ServiceClient(oldHost, plan.move()).place(planned.onOld());
    } catch (IOException e) {
      trouble = String.valueOf(e.getMessage());
    }
    Map<String, PathFacts> paths = new LinkedHashMap<>();
    for (FileTree tree : plan.files()) {
      paths.put(tree.path(), PathFacts.of(oldHost, tree.path()));
      paths.put(tree.to(), PathFacts.of(oldHost, tree.to()));
    }
    return Optional.of(new Facts.PlaceFacts(now, trouble, paths));
  }

  private List<Integer> ports() {
    Set<Integer> ports = new LinkedHashSet<>();
    plan.services().forEach(planned -> ports.addAll(planned.service().ports()));
    Integer relay = plan.relay() == null ? null : plan.relay().port();
    ports.add(relay == null ? SOME_PORT : relay);
    return List.copyOf(ports);
  }

  private Facts.ServiceFacts service(Service service) {
    ServiceClient onOld = new ServiceClient(oldHost, plan.move());
    ServiceClient onNew = new ServiceClient(newHost, plan.move());
    String oldTrouble = "";
    String newTrouble = "";
    boolean runsOnOld = false;
    boolean runsOnNew = false;
    try {
      runsOnOld = onOld.runs(service);
      oldTrouble = missing(onOld.missing(service));
    } catch (IOException e) {
      oldTrouble = String.valueOf(e.getMessage());
    }
    try {
      runsOnNew = onNew.runs(service);
      // One in a tree of the plan comes there with it.
      newTrouble =
          missing(onNew.missing(service).stream().filter(p -> !Facts.isFilled(plan, p)).toList());
    } catch (IOException e) {
      newTrouble = String.valueOf(e.getMessage());
    }
    List<String> failures = new ArrayList<>();
    boolean isChecked = makesChecks && runsOnOld;
    if (isChecked) {
      for (Check check : service.checks()) {
        try {
          CheckResult result = onOld.check(check, CHECK_LIMIT);
          if (!result.passed()) {
            failures.add("check %s fails: %s".formatted(check.display(), result.said()));
          }
        } catch (IOException e) {
          failures.add("check %s cannot be made: %s".formatted(check.display(), e.getMessage()));
        }
      }
    }
    return new Facts.ServiceFacts(
        service, oldTrouble, runsOnOld, newTrouble, runsOnNew, List.copyOf(failures), isChecked);
  }

  private static String missing(List<String> programs) {
    return programs.isEmpty() ? "" : "not installed: " + String.join(", ", programs);
  }

  private static Known.Question question(
      List<Facts.TreePair> pairs, Facts.Side onOld, MappedOwners owners) {
    Set<Known.NumberedName> users = new LinkedHashSet<>();
    Set<Known.NumberedName> groups = new LinkedHashSet<>();
    for (Facts.TreePair pair : pairs) {
      pair.source().measured().users().forEach(o -> users.add(owners.wanted(true, o)));
      pair.source().measured().groups().forEach(o -> groups.add(owners.wanted(false, o)));
    }
    owners.others(true, number -> false).forEach(o -> users.add(owners.wanted(true, o)));
    owners.others(false, number -> false).forEach(o -> groups.add(owners.wanted(false, o)));
    List<String> addresses =
        onOld.surroundings().addresses().stream()
            .filter(address -> !address.isLinkLocal())
            .map(Surroundings.Address::address)
            .toList();
    return new Known.Question(
        List.copyOf(users),
        List.copyOf(groups),
        onOld.settings().certificates().stream().map(Settings.Certificate::path).toList(),
        addresses,
        List.of("/etc"));
  }

  private static <T> Future<T> ask(ExecutorService threads, Callable<T> question) {
    return threads.submit(question);
  }

  private static <T> List<T> answers(List<Future<T>> futures) throws IOException {
    List<T> answers = new ArrayList<>();
    for (Future<T> future : futures) {
      answers.add(answer(future));
    }
    return List.copyOf(answers);
  }

  private static <T> T answer(Future<T> future) throws IOException {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the hosts were asked");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case null -> throw new IllegalStateException("a failure without a cause", e);
        case IOException io -> throw io;
        case RuntimeException fault -> throw fault;
        case Error fault -> throw fault;
        default -> throw new IOException(e);
      }
    }
  }
}
