package dev.godwit.move;

import dev.godwit.agent.Abilities;
import dev.godwit.host.AgentFile;
import dev.godwit.host.Controller;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.HostFactory;
import dev.godwit.host.LocalHost;
import dev.godwit.host.SshDestination;
import dev.godwit.host.SshHost;
import dev.godwit.host.SshOptions;
import dev.godwit.journal.Journal;
import dev.godwit.plan.Endpoint;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The two hosts of a move, each connected when it is first asked for, and refused when it is
 * another machine than at the start ({@link Machines}), or another controller has the move ({@link
 * Controllers}). Threads: safe.
 */
public final class Hosts implements AutoCloseable {
  /** What the third host of a move is called. */
  static final String WATCHER = "watcher";

  /**
   * What is known of the move when a connection is made.
   *
   * @param controller empty when no move is under way
   */
  private record Begun(Machines machines, Optional<Controller> controller) {
    static Begun of(Journal journal, Plan plan) throws IOException {
      return new Begun(Machines.of(journal, plan), Controllers.of(journal));
    }
  }

  private interface Known {
    Begun begun() throws IOException;
  }

  /** Read once: whoever does not hold the move does not outlive it. */
  private static final class Recorded implements Known {
    private final Plan plan;
    private @Nullable Begun read;

    Recorded(Plan plan) {
      this.plan = plan;
    }

    @Override
    public synchronized Begun begun() throws IOException {
      Begun begun = read == null ? recorded() : read;
      read = begun.machines().areKnown() ? begun : null;
      return begun;
    }

    private Begun recorded() throws IOException {
      Optional<Journal> found = Journal.read(Move.journalFile(plan));
      if (found.isEmpty()) {
        return new Begun(new Machines(null, null, plan.isWithinHost()), Optional.empty());
      }
      try (Journal journal = found.get()) {
        return Begun.of(journal, plan);
      }
    }
  }

  private final Plan plan;
  private final Known known;
  private final Consumer<String> remarks;
  private final SharedHost oldHost;
  private final SharedHost newHost;

  /** Whether a person says that a host may be another machine than at the start. */
  private volatile boolean mayHaveChanged;

  /** Whether the move is being taken from another controller. */
  private volatile boolean isTaken;

  private Hosts(Plan plan, Known known, Consumer<String> remarks) {
    this.plan = plan;
    this.known = known;
    this.remarks = remarks;
    this.oldHost = new SharedHost(() -> connect(Role.OLD, plan.oldHost()));
    this.newHost = new SharedHost(() -> connect(Role.NEW, plan.newHost()));
  }

  /**
   * For who does not hold the move, if it has begun.
   *
   * @param remarks as in {@link SshOptions}
   */
  public static Hosts of(Plan plan, Consumer<String> remarks) {
    return new Hosts(plan, new Recorded(plan), remarks);
  }

  /** For who holds the move. */
  static Hosts of(Plan plan, Journal journal, Consumer<String> remarks) {
    return new Hosts(plan, () -> Begun.of(journal, plan), remarks);
  }

  /** A person says that a host may be another machine than at the start: it was installed anew. */
  void mayHaveChanged() {
    mayHaveChanged = true;
  }

  /** Whether the move is being taken from another controller, which has it until that is done. */
  void takeOver(boolean isUnderWay) {
    isTaken = isUnderWay;
  }

  /**
   * One host that no plan names yet.
   *
   * @param destination an ssh destination, or {@code local}
   * @param ssh extra arguments for ssh
   * @param remarks as in {@link SshOptions}
   */
  public static Host single(
      String role, String destination, List<String> ssh, Consumer<String> remarks)
      throws HostException {
    return destination.equals("local")
        ? new LocalHost(role, Abilities.all())
        : SshHost.connect(
            role,
            SshDestination.parse(destination),
            ssh,
            AgentFile.running(),
            SshOptions.STANDARD.withRemarks(remarks));
  }

  private Host connect(Role role, Endpoint endpoint) throws HostException {
    Host host =
        switch (endpoint) {
          case Endpoint.Local _ -> single(role.word(), "local", plan.ssh(), remarks);
          case Endpoint.Ssh ssh -> single(role.word(), ssh.destination(), plan.ssh(), remarks);
        };
    try {
      Begun begun = begun();
      begun.machines().refuseOther(role, host, mayHaveChanged, plan.file());
      refuseOtherController(host, begun);
      return host;
    } catch (HostException | RuntimeException e) {
      host.close();
      throw e;
    }
  }

  private void refuseOtherController(Host host, Begun begun) throws HostException {
    Optional<Controller> mine = begun.controller();
    if (mine.isPresent() && !isTaken) {
      Controllers.refuseOther(plan, host, mine.get());
    }
  }

  /**
   * Asks a host once more, also by a connection that there is.
   *
   * @throws HostException OTHER_CONTROLLER when another one has the move by now
   */
  void refuseOtherController(Role role) throws HostException {
    refuseOtherController(of(role), begun());
  }

  /** Who else has the move by now, in the words of a host; empty when none that answers says so. */
  Optional<String> otherController() {
    for (Role role : Role.hosts(plan)) {
      try {
        refuseOtherController(role);
      } catch (HostException e) {
        if (HostException.isOtherController(e)) {
          return Optional.of(e.getMessage());
        }
      }
    }
    return Optional.empty();
  }

  private Begun begun() throws HostException {
    try {
      return known.begun();
    } catch (IOException e) {
      throw new HostException(
          "which machines the hosts of the move are cannot be told: " + e.getMessage(), e);
    }
  }

  public Host of(Role role) throws HostException {
    return factory(role).connect();
  }

  HostFactory factory(Role role) {
    return role == Role.OLD ? oldHost : newHost;
  }

  public Host oldHost() throws HostException {
    return oldHost.connect();
  }

  public Host newHost() throws HostException {
    return newHost.connect();
  }

  @Override
  public void close() {
    oldHost.close();
    newHost.close();
  }
}
