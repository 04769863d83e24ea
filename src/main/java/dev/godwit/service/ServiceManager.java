package dev.godwit.service;

import dev.godwit.host.AtOnce;
import dev.godwit.host.Processes;
import dev.godwit.host.Processes.Outcome;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.linux.ProcessTable;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Starts and stops the services of this host, as much at the same time as their order allows.
 *
 * <p>A service has stopped when none of its processes is left: a stop command that says "done" may
 * have left sessions that go on writing. Threads: safe; one call for a service at a time.
 */
public final class ServiceManager {
  /** For {@code systemctl show}, and for what a plan has to ask with. */
  static final Duration STATE_LIMIT = Duration.ofSeconds(10);

  /** Between two looks at processes that are ending; a look costs a few milliseconds. */
  private static final Duration LOOK = Duration.ofMillis(10);

  /** Between two looks for connections, each of which goes through all processes. */
  private static final Duration CONNECTIONS_LOOK = Duration.ofMillis(50);

  /**
   * How long a service that was told to stop and still listens is looked at, until it is taken for
   * one that does not obey: it might be finishing an answer.
   */
  private static final Duration WHOLE = Duration.ofSeconds(2);

  /**
   * How long others wait for one on a way back, when its start command is not what takes so long:
   * nothing is killed at the end of that, and they may do without it.
   */
  private static final Duration WAIT_MAX = Duration.ofSeconds(60);

  private static final int SIGTERM = 15;
  private static final int SIGKILL = 9;

  private final Fences fences;
  private final BegunStops stops;

  /** Null but on a stage: on a host units are its systemd's. */
  private final @Nullable StagedUnits units;

  public ServiceManager(Fences fences) {
    this(fences, new BegunStops(null), null);
  }

  ServiceManager(Fences fences, BegunStops stops, @Nullable StagedUnits units) {
    this.fences = fences;
    this.stops = stops;
    this.units = units;
  }

  /**
   * One that also runs {@link Control.Staged} units, for where all that it starts is thrown away.
   */
  public static ServiceManager onStage(Fences fences) {
    return new ServiceManager(fences, new BegunStops(null), new StagedUnits());
  }

  private StagedUnits units(Service service) throws ServiceException {
    if (units == null) {
      throw new ServiceException(
          "%s: a unit is run without systemd on a stage only".formatted(service.name()));
    }
    return units;
  }

  /** Whether it runs, as its control says. */
  public boolean runs(Service service) throws IOException, InterruptedException {
    if (service.control() instanceof Control.Staged staged) {
      return units(service).runs(staged.unit());
    }
    List<String> question =
        switch (service.control()) {
          case Control.Unit unit ->
              List.of("systemctl", "show", "--property=LoadState,ActiveState", unit.unit());
          case Control.Script script -> script.command("status");
          case Control.Commands commands -> commands.state();
          case Control.Staged _ -> throw new IllegalStateException("asked above");
        };
    Outcome outcome = Processes.run(question, STATE_LIMIT);
    boolean isUnit = service.control() instanceof Control.Unit;
    if (outcome.timedOut() || (isUnit && !outcome.isSuccess())) {
      // Such as when systemd does not answer: that it does not run would be a guess.
      throw failure(service, "its state cannot be told", question, outcome, STATE_LIMIT);
    }
    return isUnit ? isActive(service, outcome.out()) : outcome.exit() == 0;
  }

  /** The programs of its commands that this host does not have. */
  List<String> missing(Service service) {
    return service.control() instanceof Control.Commands commands
        ? commands.programs().stream().filter(program -> !isInstalled(program)).toList()
        : List.of();
  }

  private static boolean isInstalled(String program) {
    try {
      Path unused = Processes.find(program);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The names of those that run, all asked at once. */
  List<String> running(List<Service> services) throws IOException, InterruptedException {
    List<Boolean> answers = AtOnce.all(services, this::runs);
    List<String> running = new ArrayList<>();
    for (int i = 0; i < services.size(); i++) {
      if (answers.get(i)) {
        running.add(services.get(i).name());
      }
    }
    return running;
  }

  /** As {@code systemctl is-active}, which does not tell a unit that is down from no unit. */
  private static boolean isActive(Service service, String properties) throws ServiceException {
    Set<String> lines = properties.lines().collect(Collectors.toSet());
    boolean isActive =
        lines.contains("ActiveState=active")
            || lines.contains("ActiveState=reloading")
            || lines.contains("ActiveState=refreshing");
    if (!isActive && lines.contains("LoadState=not-found")) {
      throw new ServiceException(
          "%s: systemd knows no unit %s".formatted(service.name(), service.control().display()));
    }
    return isActive;
  }

  /**
   * Points the services at a place. Those that run at another one are stopped first, and kept from
   * starting again until {@link #startAll}; nothing is done when they are pointed there already.
   *
   * @param limit for the stop
   * @throws ServiceException also when nobody can tell where services that run are pointed
   */
  public void point(List<Service> services, Place place, Duration limit)
      throws IOException, InterruptedException {
    try {
      if (place.now().equals(place.name())) {
        return;
      }
    } catch (ServiceException e) {
      // A command that was cut off may have left nothing that could be told. What runs has
      // clients, and is not stopped for that.
      for (Service service : services) {
        if (runs(service)) {
          throw e;
        }
      }
    }
    List<String> unused = stopAll(services, true, limit);
    place.bring();
  }

  /** Starts one; see {@link #startAll}. */
  public void start(Service service, Duration limit) throws IOException, InterruptedException {
    startAll(List.of(service), limit);
  }

  /**
   * Starts those that do not run, and lifts their fences first where Godwit had put one up. What
   * comes after another is started when that one listens on its ports. One whose stop was begun and
   * has not been seen to end is let end first, however it says that it runs.
   *
   * @return how long each took, for people
   */
  public List<String> startAll(List<Service> services, Duration limit)
      throws IOException, InterruptedException {
    return startAll(services, List.of(), limit, true);
  }

  /**
   * The same, and makes each queue fit for its service before that is started; the others start
   * meanwhile.
   *
   * @param serves whether this host serves from now on. If not, a reboot puts up again what of
   *     their fences is on disk, until {@link #lift}
   */
  List<String> startAll(
      List<Service> services, List<CarriedQueue> queues, Duration limit, boolean serves)
      throws IOException, InterruptedException {
    java.util.Queue<String> settled = new ConcurrentLinkedQueue<>();
    List<String> times =
        startAll(
            services,
            service -> {
              for (CarriedQueue queue : queues) {
                if (queue.service().equals(service.name())) {
                  settled.add(queue.settle());
                }
              }
            },
            limit,
            serves ? Fencing.LIFTED : Fencing.OPEN);
    return Stream.concat(times.stream(), settled.stream()).toList();
  }

  /**
   * As {@link #startAll}, and one that fails does not keep those down that come after it, nor one
   * whose fence cannot be lifted anybody: that is told only when something does not start.
   */
  public List<String> startWhatStarts(List<Service> services, Duration limit)
      throws IOException, InterruptedException {
    return startAll(services, service -> {}, limit, Fencing.LIFTED_OR_NOT);
  }

  /** What becomes of the fences of what is started. */
  private enum Fencing {
    OPEN,
    LIFTED,
    LIFTED_OR_NOT
  }

  private List<String> startAll(
      List<Service> services, InOrder.Task first, Duration limit, Fencing fencing)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    if (fencing != Fencing.LIFTED_OR_NOT) {
      if (fencing == Fencing.OPEN) {
        fences.open(services);
      } else {
        fences.lift(services);
      }
      return startInOrder(services, first, end, fencing);
    }
    IOException fenced = null;
    try {
      fences.lift(services);
    } catch (IOException e) {
      System.getLogger(ServiceManager.class.getName())
          .log(System.Logger.Level.WARNING, "services are started all the same", e);
      fenced = e;
    }
    try {
      return startInOrder(services, first, end, fencing);
    } catch (IOException e) {
      throw fenced == null
          ? e
          : new ServiceException("%s; %s".formatted(e.getMessage(), fenced.getMessage()), e);
    }
  }

  private List<String> startInOrder(
      List<Service> services, InOrder.Task first, long end, Fencing fencing)
      throws IOException, InterruptedException {
    boolean regardless = fencing == Fencing.LIFTED_OR_NOT;
    return InOrder.run(
        services,
        false,
        regardless,
        first,
        service -> {
          awaitBegunStop(service, regardless ? Math.min(end, end(WAIT_MAX)) : end);
          if (!runs(service)) {
            startOne(service, left(end));
          }
          stops.end(service);
          boolean isWaitedFor =
              services.stream().anyMatch(other -> other.after().contains(service.name()));
          boolean isFencedBehind = fencing == Fencing.OPEN && Fences.isByCommand(service);
          if (isWaitedFor || isFencedBehind) {
            awaitListens(service, regardless ? Math.min(end, end(WAIT_MAX)) : end);
          }
          if (isFencedBehind) {
            fences.put(List.of(service)); // runs on, as between the fence and the stop of a switch
          }
        });
  }

  /**
   * A service that is ending has no use for the clients that it still has: nobody else can come to
   * it, and its next start waits for them.
   */
  private void awaitBegunStop(Service service, long end) throws IOException, InterruptedException {
    Optional<Set<ProcessTable.Entry>> begun = stops.of(service);
    if (begun.isEmpty()) {
      return;
    }
    ServiceProcesses processes = ServiceProcesses.known(service, begun.get());
    Set<Long> ours = ours();
    long wholeSince = 0;
    Set<ProcessTable.Entry> left = processes.left();
    while (!left.isEmpty()) {
      Set<Integer> listening = processes.listening(left);
      if (listening.isEmpty() && !runs(service)) {
        return;
      }
      long now = System.nanoTime();
      if (!listening.isEmpty() && listening.containsAll(service.ports())) {
        wholeSince = wholeSince == 0 ? now : wholeSince;
        if (now - wholeSince > WHOLE.toNanos()) {
          return;
        }
      } else {
        wholeSince = 0;
        processes.cutOff(left, ours, socket -> true);
        if (service.stopping().past() == Service.Past.END) {
          signal(left, SIGKILL);
        }
      }
      if (now - end >= 0) {
        if (service.ports().isEmpty()) {
          return; // what it says of itself is all that there is
        }
        throw new ServiceException(
            "%s was told to stop and is still ending: %s. It can be started when they are gone"
                .formatted(service.name(), ServiceProcesses.display(left)));
      }
      Thread.sleep(CONNECTIONS_LOOK);
      left = processes.left();
    }
  }

  private void startOne(Service service, Duration limit) throws IOException, InterruptedException {
    if (service.control() instanceof Control.Staged staged) {
      try {
        units(service).start(staged.unit(), limit);
      } catch (IOException e) {
        throw new ServiceException(
            "%s: it does not start, without systemd: %s".formatted(service.name(), e.getMessage()),
            e);
      }
      return;
    }
    List<String> command =
        switch (service.control()) {
          case Control.Unit unit -> List.of("systemctl", "start", unit.unit());
          case Control.Script script -> script.command("start");
          case Control.Commands commands -> commands.start();
          case Control.Staged _ -> throw new IllegalStateException("started above");
        };
    // Into a file: a daemon that keeps its output open must not hang on a pipe that ends with us.
    Outcome outcome = Processes.runIntoFile(command, limit);
    if (!outcome.isSuccess()) {
      throw failure(service, "it does not start", command, outcome, limit);
    }
  }

  private static void awaitListens(Service service, long end)
      throws IOException, InterruptedException {
    for (int port : service.ports()) {
      CheckResult result = CheckRunner.awaitListening(port, left(end));
      if (!result.passed()) {
        throw new ServiceException(
            "%s was started, but does not listen on port %d: %s"
                .formatted(service.name(), port, result.said()));
      }
    }
  }

  /** Stops one; see {@link #stopAll}. */
  public void stop(Service service, boolean fence, Duration limit)
      throws IOException, InterruptedException {
    stopAll(List.of(service), fence, limit);
  }

  /**
   * Stops them and makes sure: their controls say so, none of their processes is left, and nobody
   * listens on their ports. What comes after another stops before it.
   *
   * <p>Once a stop command has returned, a process that talks to a client is told to end (SIGTERM);
   * the others may finish what they do, such as a delivery, until half of the limit has passed.
   * Sessions that are still there then are killed; what is left at the limit is killed or makes the
   * stop fail, as the service says. While a stop command waits for clients, those that want nothing
   * are cut off from half of the limit on: one who has connected and says nothing would keep it
   * waiting for as long as he likes. Checks of our own that have ended are at once.
   *
   * @param fence whether they are also kept from starting again, by whatever (H57); when the stop
   *     fails they still are, until {@link #startAll}
   * @param limit for all; each has its own besides
   * @return how long each took, and what of it was killed at its limit, for people
   */
  public List<String> stopAll(List<Service> services, boolean fence, Duration limit)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    if (fence) {
      // Before the stop: a socket, a timer, a dependency or a watcher would start it at once.
      fences.put(services);
    }
    Set<Long> ours = ours();
    Map<String, ServiceProcesses> processes = ServiceProcesses.of(services, ours);
    Map<String, Set<String>> killed =
        services.stream().collect(Collectors.toMap(Service::name, service -> new TreeSet<>()));
    List<String> times =
        InOrder.run(
            services,
            true,
            false,
            service -> {},
            service -> {
              ServiceProcesses of = Objects.requireNonNull(processes.get(service.name()));
              long own = Math.min(end, end(service.stopping().limit()));
              stopOne(service, of, ours, own, Objects.requireNonNull(killed.get(service.name())));
            });
    List<String> others = listeners(services);
    if (!others.isEmpty()) {
      throw new ServiceException(
          "the services have stopped, but still: %s. Is it another service, or a socket unit? Then name it in the plan too"
              .formatted(String.join("; ", others)));
    }
    List<String> told = new ArrayList<>();
    for (int i = 0; i < times.size(); i++) {
      Set<String> ended = Objects.requireNonNull(killed.get(services.get(i).name()));
      told.add(
          ended.isEmpty()
              ? times.get(i)
              : "%s (killed at its limit: %s)".formatted(times.get(i), String.join(", ", ended)));
    }
    return List.copyOf(told);
  }

  /**
   * @param killed for those that did not end in time; one that answered a client may be among them
   */
  private void stopOne(
      Service service, ServiceProcesses processes, Set<Long> ours, long end, Set<String> killed)
      throws IOException, InterruptedException {
    long started = System.nanoTime();
    if (service.control() instanceof Control.Staged staged) {
      units(service).stop(staged.unit(), left(end));
      awaitGone(service, processes, started, end, killed);
      return;
    }
    List<String> command = service.control().stop();
    Duration limit = left(end);
    stops.begin(service, processes.members());
    Outcome outcome = runStop(command, limit, processes, ours);
    boolean kill = service.stopping().past() == Service.Past.END;
    // Some say that nothing was to stop by failing; the state counts.
    boolean hasFailed = outcome.timedOut() ? !kill : !outcome.isSuccess() && runs(service);
    if (hasFailed) {
      if (!outcome.timedOut() && isWhole(service, processes)) {
        stops.end(service); // it refused, and serves
      }
      throw failure(service, "it does not stop", command, outcome, limit);
    }
    if (outcome.timedOut() && service.control() instanceof Control.Unit unit) {
      killed.addAll(ServiceProcesses.names(processes.left()));
      List<String> killing =
          List.of("systemctl", "kill", "--kill-who=all", "--signal=SIGKILL", unit.unit());
      Outcome sent = Processes.run(killing, STATE_LIMIT);
      if (!sent.isSuccess()) {
        throw failure(service, "it cannot be killed", killing, sent, STATE_LIMIT);
      }
    }
    awaitGone(service, processes, started, end, killed);
    if (runs(service)) {
      throw new ServiceException(
          "%s still runs although `%s` said that it was stopped"
              .formatted(service.name(), String.join(" ", command)));
    }
    stops.end(service);
  }

  /** Whether nothing of it has ended, and it listens everywhere. */
  private static boolean isWhole(Service service, ServiceProcesses processes) throws IOException {
    Set<ProcessTable.Entry> left = processes.left();
    return left.containsAll(processes.members())
        && processes.listening(left).containsAll(service.ports());
  }

  private static Outcome runStop(
      List<String> command, Duration limit, ServiceProcesses processes, Set<Long> ours)
      throws IOException, InterruptedException {
    AtomicReference<@Nullable IOException> failed = new AtomicReference<>();
    Thread cutting =
        Thread.ofPlatform()
            .daemon()
            .name("cutting off")
            .start(
                () -> {
                  try {
                    processes.cutOffChecks(ours);
                    Thread.sleep(limit.dividedBy(2));
                    while (true) {
                      processes.cutOff(processes.left(), ours, TcpSocket::isIdle);
                      Thread.sleep(CONNECTIONS_LOOK);
                    }
                  } catch (InterruptedException e) {
                    // The stop command has ended.
                  } catch (IOException e) {
                    if (!Thread.currentThread().isInterrupted()) {
                      failed.set(e);
                    }
                  }
                });
    Outcome outcome;
    try {
      outcome = Processes.run(command, limit);
    } finally {
      cutting.interrupt();
      cutting.join();
    }
    IOException e = failed.get();
    if (e != null && !outcome.isSuccess()) {
      throw new IOException("clients that want nothing cannot be cut off: " + e.getMessage(), e);
    }
    return outcome;
  }

  private static void awaitGone(
      Service service, ServiceProcesses processes, long started, long end, Set<String> killed)
      throws IOException, InterruptedException {
    long half = started + (end - started) / 2;
    Set<ProcessTable.Entry> told = new HashSet<>();
    Set<ProcessTable.Entry> left = processes.left();
    while (!left.isEmpty()) {
      long now = System.nanoTime();
      if (now - end >= 0) {
        if (service.stopping().past() == Service.Past.BACK) {
          throw new ServiceException(
              "%s has been stopped, but these processes of it are left at the limit: %s. To have them killed then: `past-stop-limit: end`"
                  .formatted(service.name(), ServiceProcesses.display(left)));
        }
        killed.addAll(ServiceProcesses.names(left));
        signal(left, SIGKILL);
      } else if (now - half >= 0) {
        Set<ProcessTable.Entry> sessions = processes.sessions(left);
        signal(sessions, SIGKILL);
        left.removeAll(sessions);
        left.removeAll(told);
        signal(left, SIGTERM);
        told.addAll(left);
      } else {
        Set<ProcessTable.Entry> sessions = new HashSet<>(processes.sessions(left));
        sessions.removeAll(told);
        signal(sessions, SIGTERM);
        told.addAll(sessions);
      }
      Thread.sleep(LOOK);
      left = processes.left();
    }
  }

  private static void signal(Set<ProcessTable.Entry> processes, int number) throws IOException {
    for (ProcessTable.Entry process : processes) {
      boolean unused = ProcessTable.signal(process, number); // one that has ended is what is wanted
    }
  }

  /**
   * This process, and those that moves keep on this host: they hold copies of services' sockets.
   */
  static Set<Long> ours() throws IOException {
    Set<Long> ours = new HashSet<>(RuntimeDirectory.daemons());
    ours.add(ProcessHandle.current().pid());
    return ours;
  }

  private static long end(Duration limit) {
    return System.nanoTime() + limit.toNanos();
  }

  private static Duration left(long end) {
    return Duration.ofNanos(Math.max(end - System.nanoTime(), 1_000_000));
  }

  /** When something may be done, or asked: see {@link ServiceOrders}. */
  @FunctionalInterface
  interface Turn {
    void take(ServiceOrders.Work work) throws IOException, InterruptedException;
  }

  /**
   * Puts up the fences that have gone since {@link #stopAll}, and asks which of the services run;
   * stops none. While all is as it was left, that costs a look at a few files and what it takes to
   * ask for the services' states, for fences that only a command of the plan knows, and the kernel
   * for who listens.
   *
   * @param questions may leave one out, for the next time
   */
  Kept keep(List<Service> services, Turn orders, Turn questions)
      throws IOException, InterruptedException {
    List<Service> unfenced = fences.missing(services);
    if (!unfenced.isEmpty()) {
      // In its turn: a start of a later epoch may have lifted them since the look.
      orders.take(() -> fences.put(unfenced));
    }
    List<String> running = new ArrayList<>();
    for (Service service : services) {
      questions.take(
          () -> {
            if (runs(service)) {
              running.add(service.name());
            }
          });
    }
    List<Service> down = services.stream().filter(s -> !running.contains(s.name())).toList();
    return new Kept(unfenced.stream().map(Service::name).toList(), running, listeners(down));
  }

  /**
   * Who listens on the services' ports, but for what moves keep on this host; an own supervisor may
   * have started again what its control takes for stopped.
   *
   * @return a line for each, for people
   */
  List<String> listeners(List<Service> services) throws IOException {
    return ServiceProcesses.listeners(
        services.stream().flatMap(s -> s.ports().stream()).toList(), ours());
  }

  /** Lets them be started by whoever likes again. */
  public void lift(List<Service> services) throws IOException, InterruptedException {
    fences.lift(services);
  }

  private static ServiceException failure(
      Service service, String what, List<String> command, Outcome outcome, Duration limit) {
    return ServiceException.of(service.name() + ": " + what, command, outcome, limit);
  }
}
