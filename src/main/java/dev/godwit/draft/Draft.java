package dev.godwit.draft;

import dev.godwit.host.MountBelow;
import dev.godwit.linux.PathText;
import dev.godwit.plan.Database;
import dev.godwit.service.Control;
import dev.godwit.service.Queue;
import dev.godwit.survey.Launchers.Launcher;
import dev.godwit.survey.MailQueues.MailQueue;
import dev.godwit.survey.Running.Listener;
import dev.godwit.survey.Running.Proc;
import dev.godwit.survey.Settings.Job;
import dev.godwit.survey.Settings.Kind;
import dev.godwit.survey.Settings.Mention;
import dev.godwit.survey.Surroundings;
import dev.godwit.survey.Tree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Writes a plan from what old said. Every line says why it is there; what could not be decided is a
 * comment that asks. A pure function.
 */
public final class Draft {
  private final Answers answers;
  private final List<Serving> servings;
  private final StringBuilder text = new StringBuilder();

  /** What goes into {@code files}, with the reason. */
  private final Map<String, String> files = new TreeMap<>();

  /** Places with a database, with the tree that says so. */
  private final Map<String, Tree> databases = new TreeMap<>();

  /** Servings whose data is a database's: for {@code databases}, not for {@code services}. */
  private final Set<Serving> databaseServers = new LinkedHashSet<>();

  /** The queues that move with a service of the plan. */
  private final Set<String> queues = new TreeSet<>();

  private Draft(Answers answers) {
    this.answers = answers;
    this.servings = Servings.of(answers.running(), answers.launchers());
  }

  /** The plan's text; YAML, with a newline at its end. */
  public static String of(Answers answers) {
    Draft draft = new Draft(answers);
    draft.sortPlaces();
    draft.head();
    draft.files();
    draft.services();
    draft.databases();
    draft.addresses();
    draft.jobs();
    draft.notMoved();
    return draft.text.toString();
  }

  private void line(String format, Object... values) {
    text.append(values.length == 0 ? format : format.formatted(values)).append('\n');
  }

  private void sortPlaces() {
    for (Serving serving : servings) {
      for (Places.Place place : Places.of(serving, answers.settings())) {
        Tree tree = answers.trees().get(place.path());
        if (tree == null || !tree.exists()) {
          continue;
        }
        String path = tree.isDirectory() ? place.path() : Interview.parent(place.path());
        Tree folder = answers.trees().get(path);
        if (folder == null || !folder.isDirectory() || Places.isOfTheHost(path)) {
          continue;
        }
        if (!folder.measured().databases().isEmpty()) {
          databases.put(path, folder);
          databaseServers.add(serving);
        } else {
          files.putIfAbsent(path, serving.name() + ": " + place.reason());
        }
      }
    }
    for (Serving serving : servings) {
      if (serving.isControlled()) {
        queuesOf(serving).stream().map(MailQueue::path).forEach(queues::add);
      }
    }
    // A queue is a tree already, by the service that it is of.
    files
        .keySet()
        .removeIf(path -> queues.stream().anyMatch(o -> path.equals(o) || Places.isBelow(path, o)));
    // One tree above another has it all; below a database's folder nothing is a tree of its own.
    files.keySet().removeIf(path -> files.keySet().stream().anyMatch(o -> Places.isBelow(path, o)));
    files
        .keySet()
        .removeIf(
            path ->
                databases.keySet().stream()
                    .anyMatch(
                        o -> path.equals(o) || Places.isBelow(path, o) || Places.isBelow(o, path)));
  }

  private void head() {
    boolean isLocal = answers.destination().equals("local");
    String host = answers.surroundings().facts().hostname();
    line(
        "# Written by `godwit init` from what was found on %s. Each line says why it is",
        Yaml.comment(host));
    line("# there; lines with a question are for you to decide. Then: godwit check PLAN");
    line("");
    String name =
        host.toLowerCase(Locale.ROOT).replaceAll("\\..*", "").replaceAll("[^a-z0-9-]", "");
    line("move: %s", name.isEmpty() || name.startsWith("-") ? "server" : cut(name, 40));
    line("old: %s", isLocal ? "local" : Yaml.scalar(answers.destination()));
    line(
        isLocal
            ? "new: root@new.example.org       # the new host, for ssh: fill it in"
            : "new: local                      # the host where you type; else an ssh destination");
    if (!answers.ssh().isEmpty()) {
      line("ssh: %s", Yaml.list(answers.ssh()));
    }
    line("");
  }

  private static String cut(String text, int max) {
    return text.length() <= max ? text : text.substring(0, max);
  }

  private void files() {
    if (files.isEmpty()) {
      line("# No data was found that a service has open or its configuration names.");
      line("# files: [/srv/app]              # where is it?");
      line("");
      return;
    }
    line("files:");
    files.forEach(
        (path, reason) -> {
          line("  # %s", Yaml.comment(reason));
          Tree tree = answers.trees().get(path);
          if (tree == null || tree.mountsBelow().isEmpty()) {
            line("  - %s%s", Yaml.scalar(path), tree == null ? "" : "   # " + size(tree));
          } else {
            tree(path, tree);
          }
        });
    line("");
  }

  /** With what is mounted below it: its own files are moved, what a kernel makes up is not. */
  private void tree(String path, Tree tree) {
    line("  - path: %s   # %s, without what is mounted there:", Yaml.scalar(path), size(tree));
    tree.mountsBelow().forEach(mount -> line("    #   %s", Yaml.comment(mount.toString())));
    List<String> mounts = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (MountBelow mount : tree.mountsBelow()) {
      String place = PathText.utf8(mount.path());
      if (mount.mayTakePart()) {
        mounts.add(place.equals("all") ? "./all" : place);
      } else {
        others.add("/" + pattern(place));
      }
    }
    if (!mounts.isEmpty()) {
      line("    mounts: %s", Yaml.list(mounts));
    }
    if (!others.isEmpty()) {
      line("    exclude: %s   # cannot be copied", Yaml.list(others));
    }
  }

  /** A name as a pattern of rsync's, in which a backslash means something beside wildcards only. */
  private static String pattern(String name) {
    return name.matches("(?s).*[*?\\[].*") ? name.replaceAll("[*?\\[\\]\\\\]", "\\\\$0") : name;
  }

  private static String size(Tree tree) {
    return "%,d files, %,d MiB%s, %s"
        .formatted(
            tree.measured().files(),
            tree.measured().bytes() >> 20,
            tree.measured().isWhole() ? "" : " at least",
            tree.fileSystem());
  }

  private void services() {
    line("# In start order; stopped in the opposite order.");
    line("services:");
    boolean any = false;
    boolean anyAsked = false;
    for (Serving serving : servings) {
      if (databaseServers.contains(serving)
          && (serving.ports().isEmpty() || isMovedAsDatabase(serving))) {
        continue; // reached on this host only, or named below
      }
      any |= serving.isControlled() && !databaseServers.contains(serving);
      anyAsked = true;
      service(serving);
    }
    for (Map.Entry<String, String> worker : workers().entrySet()) {
      any = true;
      line("  - name: %s", Yaml.scalar(worker.getKey().replaceAll("(@.*)?\\.service$", "")));
      line("    # %s", Yaml.comment(worker.getValue()));
      line("    unit: %s", Yaml.scalar(worker.getKey()));
    }
    if (!any) {
      line(
          "  # %s. What is it that moves?",
          anyAsked
              ? "None of them can be moved before its question is answered"
              : "Nobody listens on an address that clients could reach");
      line("  - { name: app, unit: app.service }");
    }
    line("");
  }

  private void service(Serving serving) {
    boolean isDatabase = databaseServers.contains(serving);
    String mark = serving.isControlled() && !isDatabase ? "" : "# ";
    if (isDatabase) {
      line("  # a database server: better under `databases`, below");
    }
    line("  %s- name: %s", mark, Yaml.scalar(serving.name()));
    if (!serving.container().isEmpty()) {
      line(
          "  #   It runs in a container (%s). Is it moved by its own tools?",
          Yaml.comment(serving.container()));
    } else if (serving.isControlled()) {
      control(serving, mark);
    } else {
      Proc head = serving.processes().getFirst();
      line("  #   No unit and no script was found for it. How is it started and stopped?");
      line("  #   It runs as: %s", Yaml.comment(String.join(" ", head.arguments())));
      line("  #   start: [service, %s, start]", Yaml.scalar(serving.name()));
      line("  #   stop: [service, %s, stop]", Yaml.scalar(serving.name()));
      line("  #   state: [service, %s, status]", Yaml.scalar(serving.name()));
    }
    if (!serving.ports().isEmpty()) {
      line("  %s  ports: %s   # where it listens for clients", mark, serving.ports());
    }
    if (!serving.localPorts().isEmpty()) {
      line("  #   it also listens on this host only, on %s", serving.localPorts());
    }
    if (!serving.udpPorts().isEmpty()) {
      line("  #   it also listens on UDP %s, which is not held", serving.udpPorts());
    }
    checks(serving);
    queue(serving, mark);
  }

  /** Where the service has what it has accepted and not delivered, as far as it was found. */
  private List<MailQueue> queuesOf(Serving serving) {
    List<Integer> pids = serving.processes().stream().map(Proc::pid).toList();
    return answers.queues().queues().stream()
        .filter(queue -> queue.isFound() && Queue.Kind.of(queue.server()).isPresent())
        .filter(queue -> queue.pids().stream().anyMatch(pids::contains))
        .toList();
  }

  private void queue(Serving serving, String mark) {
    List<MailQueue> found = queuesOf(serving);
    for (int i = 0; i < found.size(); i++) {
      MailQueue queue = found.get(i);
      boolean isInTree = files.keySet().stream().anyMatch(o -> Places.isBelow(queue.path(), o));
      String question =
          i > 0
              ? "a service of the plan has one queue: who has this one?"
              : isInTree ? "it lies in a tree of `files`, which has to leave it out" : "";
      boolean isUsual =
          Queue.Kind.of(queue.server())
              .filter(kind -> kind.usualPath().equals(queue.path()))
              .isPresent();
      line(
          "  %s  queue: %s   # %s",
          question.isEmpty() ? mark : "# ",
          isUsual
              ? queue.server()
              : "{ %s: %s }".formatted(queue.server(), Yaml.scalar(queue.path())),
          question.isEmpty()
              ? "accepted and not delivered: " + Yaml.comment(queue.reason())
              : question);
    }
    if (found.isEmpty() && Queue.Kind.of(serving.server()).isPresent()) {
      line(
          "  #   queue: %s   # where is what waits in its queue? It is to come along",
          serving.server());
    }
  }

  /** A port that accepts connections proves little; what proves more needs a person. */
  private void checks(Serving serving) {
    List<Integer> ports = serving.ports();
    if (ports.stream().allMatch(port -> ProposedCheck.of(port).isEmpty())) {
      return; // without checks, each port has to accept a connection
    }
    if (ports.size() == 1) {
      line("  #   check: %s", ProposedCheck.of(ports.getFirst()).orElseThrow());
      return;
    }
    line("  #   check:");
    for (int port : ports) {
      line("  #     - %s", ProposedCheck.of(port).orElse("{ tcp: " + port + " }"));
    }
  }

  /** Units without clients whose processes write into what is moved. */
  private Map<String, String> workers() {
    Map<String, String> workers = new LinkedHashMap<>();
    Set<Integer> served = new TreeSet<>();
    servings.forEach(each -> each.processes().forEach(process -> served.add(process.pid())));
    for (Proc process : answers.running().processes()) {
      if (process.unit().isEmpty()
          || !process.unit().endsWith(".service")
          || served.contains(process.pid())
          || Servings.isOfTheHost(process)) {
        continue;
      }
      for (String file : process.writes()) {
        if (files.keySet().stream().anyMatch(tree -> Places.isBelow(file, tree))) {
          workers.putIfAbsent(process.unit(), "no clients, but it writes " + file);
        }
      }
    }
    return workers;
  }

  private void databases() {
    if (databases.isEmpty()) {
      return;
    }
    boolean isAnyMoved = databaseServers.stream().anyMatch(Draft::isMovedAsDatabase);
    line(
        "# Database servers: their data cannot be copied while they run, so it is not in `files`.");
    line("# Cold: copied ahead, and to the end while the clients wait; check says for how long.");
    line(isAnyMoved ? "databases:" : "# databases:");
    Set<String> told = new LinkedHashSet<>();
    databases.forEach(
        (path, tree) -> {
          String engine = tree.measured().databases().getFirst().engine();
          for (Serving serving : databaseServers) {
            boolean isOf =
                Places.of(serving, answers.settings()).stream()
                    .anyMatch(place -> place.path().equals(path));
            if (isOf && told.add(serving.name())) {
              database(serving, path, "%s, %s".formatted(Yaml.comment(engine), size(tree)));
            }
          }
        });
    line("");
  }

  /** Whether a plan has a word for it, and how it is stopped is known. */
  private static boolean isMovedAsDatabase(Serving serving) {
    return serving.isControlled() && Database.ENGINES.contains(serving.server());
  }

  private void database(Serving serving, String path, String found) {
    String mark = isMovedAsDatabase(serving) ? "" : "# ";
    line("  %s# %s", mark, found);
    line("  %s- %s: %s", mark, key(serving), Yaml.scalar(path));
    line("  %s  mode: cold", mark);
    if (!serving.container().isEmpty()) {
      line("  #   It runs in a container (%s): how is it stopped?", serving.container());
    }
    if (!serving.isControlled()) {
      line("  #   start: […], stop: […], state: […]   # how is it started and stopped?");
    } else {
      control(serving, mark);
    }
    List<Integer> ports = new ArrayList<>(serving.ports());
    ports.addAll(serving.localPorts());
    if (!ports.isEmpty()) {
      line("  %s  ports: %s   # where it listens", mark, ports);
    }
    ProposedCheck.ofDatabase(key(serving)).ifPresent(check -> line("  #   check: %s", check));
  }

  /** By which unit or script it is started and stopped. */
  private void control(Serving serving, String mark) {
    Launcher launcher = serving.launcher();
    if (launcher == null) {
      line("  %s  unit: %s", mark, Yaml.scalar(serving.unit()));
      return;
    }
    String script = launcher.path();
    line("  %s  # no unit; this script is its own", mark);
    if (script.startsWith(Control.Script.FOLDER)) {
      String name = script.substring(Control.Script.FOLDER.length());
      line("  %s  script: %s", mark, Yaml.scalar(name));
      return;
    }
    line("  %s  start: %s", mark, Yaml.list(List.of(script, "start")));
    line("  %s  stop: %s", mark, Yaml.list(List.of(script, "stop")));
    line("  %s  state: %s", mark, Yaml.list(List.of(script, launcher.state())));
  }

  /** What the plan calls the server; one that a plan has no word for is named by its own. */
  private static String key(Serving serving) {
    return serving.server().isEmpty() ? "database" : serving.server();
  }

  private void addresses() {
    List<Surroundings.Address> addresses =
        answers.surroundings().addresses().stream().filter(each -> !each.isLinkLocal()).toList();
    line("# How do clients find the new host?");
    for (Surroundings.Address each : addresses) {
      line(
          "#   address: { floating: %s/%d, interface: %s }   # taken along?",
          Yaml.comment(each.address()), each.prefix(), Yaml.comment(each.networkInterface()));
    }
    Set<String> names = new TreeSet<>();
    for (Mention mention : answers.settings().mentions()) {
      boolean isServed =
          servings.stream().anyMatch(serving -> serving.server().equals(mention.server()));
      if (isServed && mention.is(Kind.NAME) && isHostName(mention.value())) {
        names.add(mention.value());
      }
    }
    if (!names.isEmpty()) {
      line("# Names in the configuration, which may have to lead to new's address:");
      names.forEach(name -> line("#   %s", Yaml.comment(name)));
    }
    Set<String> bound = new LinkedHashSet<>();
    for (Listener listener : answers.running().listeners()) {
      if (listener.isTcp() && !listener.isAnyAddress() && !listener.isLoopback()) {
        bound.add(listener.address());
      }
    }
    if (!bound.isEmpty()) {
      line("# Servers listen on these addresses by name, and will not on a host without them:");
      bound.forEach(address -> line("#   %s", address));
    }
    line("");
    line("limits:");
    line("  hold: 5s                      # how long clients may wait");
    line("  drain: 30s                    # how long requests in progress may take to end");
    line("  # bwlimit: 20m                # what copies may send in a second while old serves");
  }

  private static boolean isHostName(String value) {
    return value.matches("[A-Za-z0-9*][A-Za-z0-9-]*(\\.[A-Za-z0-9-]+)+");
  }

  private void jobs() {
    List<String> lines = new ArrayList<>();
    for (Job job : answers.settings().jobs()) {
      if (files.keySet().stream().anyMatch(tree -> job.command().contains(tree))) {
        lines.add(job.place() + " as " + job.user());
      }
    }
    if (!lines.isEmpty()) {
      line("");
      line("# Jobs that name what is moved; they have to be set up on new by hand:");
      lines.forEach(each -> line("#   %s", Yaml.comment(each)));
    }
  }

  private void notMoved() {
    Map<Integer, String> others = new TreeMap<>();
    for (Listener listener : answers.running().listeners()) {
      if (listener.isTcp() && !listener.isLoopback()) {
        boolean isServed =
            servings.stream().anyMatch(each -> each.ports().contains(listener.port()));
        if (!isServed) {
          String who =
              answers.running().processes().stream()
                  .filter(process -> listener.pids().contains(process.pid()))
                  .map(Proc::command)
                  .findFirst()
                  .orElse("unknown");
          others.put(listener.port(), who);
        }
      }
    }
    if (!others.isEmpty()) {
      line("");
      line("# Listeners that are left out, because they belong to the host itself:");
      others.forEach((port, who) -> line("#   port %d: %s", port, Yaml.comment(who)));
    }
  }
}
