package dev.godwit.move;

import dev.godwit.check.AccountFix;
import dev.godwit.check.Checkup;
import dev.godwit.check.Code;
import dev.godwit.check.Finding;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.journal.Journal;
import dev.godwit.plan.Plan;
import dev.godwit.plan.Watcher;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code check} of a plan: connects both hosts and has them looked at. */
public final class Preflight {
  private Preflight() {}

  /**
   * @param measure how long each tree is measured at most
   * @param remarks as in {@link dev.godwit.host.SshOptions}
   * @return all that was found, good or bad, in the order in which it was looked at
   */
  public static List<Finding> run(Plan plan, Duration measure, Consumer<String> remarks)
      throws IOException {
    CompletableFuture<List<Finding>> watcher =
        CompletableFuture.supplyAsync(() -> watcher(plan.watcher(), plan, remarks));
    try (Hosts hosts = Hosts.of(plan, remarks)) {
      List<Finding> findings =
          new ArrayList<>(look(hosts, (old, neu) -> Checkup.of(plan, old, neu, true, measure)));
      findings.addAll(watcher.join());
      return findings;
    }
  }

  private static List<Finding> watcher(
      @Nullable Watcher watcher, Plan plan, Consumer<String> remarks) {
    if (watcher == null) {
      return List.of();
    }
    try (Host host =
        Hosts.single(Hosts.WATCHER, watcher.host().destination(), plan.ssh(), remarks)) {
      return List.of(new Finding(Code.WATCHER, host.name() + " answers and can watch", ""));
    } catch (HostException e) {
      return List.of(
          new Finding(
              Code.WATCHER_UNREACHABLE,
              String.valueOf(e.getMessage()),
              "see the message, or correct `watch` in the plan"));
    }
  }

  /**
   * Creates the users and groups on new that own files on old and are missing there.
   *
   * @return a line for each that was made, for people
   */
  public static List<String> fix(Plan plan, Duration measure, Consumer<String> remarks)
      throws IOException {
    try (Hosts hosts = Hosts.of(plan, remarks)) {
      return AccountFix.apply(plan, hosts.oldHost(), hosts.newHost(), measure);
    }
  }

  /** What comes after a check that has found no errors, for people. */
  public static String next(Plan plan) throws IOException {
    Phase phase = Phase.PLANNED;
    Optional<Journal> journal = Journal.read(Move.journalFile(plan));
    if (journal.isPresent()) {
      try (Journal open = journal.get()) {
        phase = Move.phase(open);
      }
    }
    return switch (phase) {
      case PLANNED -> "Next: godwit start";
      case FINISHED -> "Nothing is next: " + phase.objection(plan);
      default -> "How the move stands, and what comes next: godwit status " + plan.typed();
    };
  }

  /**
   * The same without the checks of services, which may leave traces in them: a login over IMAP
   * makes dovecot write its index.
   *
   * @param sizes as in {@link Checkup}; told nothing when a host does not answer
   */
  static List<Finding> withoutChecks(Plan plan, Hosts hosts, Consumer<Map<String, Long>> sizes)
      throws IOException {
    return look(hosts, (old, neu) -> Checkup.of(plan, old, neu, Checkup.MEASURE, sizes));
  }

  private interface Checking {
    List<Finding> check(Host oldHost, Host newHost) throws IOException;
  }

  private static List<Finding> look(Hosts hosts, Checking checking) throws IOException {
    List<Finding> unreachable = new ArrayList<>();
    // Both at once: a connection takes longer than all that follows.
    CompletableFuture<Host> ahead = CompletableFuture.supplyAsync(() -> connected(hosts));
    Host oldHost = null;
    try {
      oldHost = hosts.oldHost();
    } catch (HostException e) {
      unreachable.add(unreachable(e));
    }
    Host newHost = null;
    try {
      newHost = ahead.join();
    } catch (CompletionException e) {
      if (!(e.getCause() instanceof java.io.UncheckedIOException io)) {
        throw e;
      }
      unreachable.add(
          unreachable(Objects.requireNonNull(io.getCause(), "of every such exception")));
    }
    return oldHost == null || newHost == null
        ? withReachable(oldHost, newHost, unreachable)
        : checking.check(oldHost, newHost);
  }

  private static Host connected(Hosts hosts) {
    try {
      return hosts.newHost();
    } catch (HostException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Nothing else can be looked at. */
  private static List<Finding> withReachable(
      @Nullable Host oldHost, @Nullable Host newHost, List<Finding> unreachable) {
    List<Finding> findings = new ArrayList<>();
    for (Host host : new @Nullable Host[] {oldHost, newHost}) {
      if (host != null) {
        findings.add(new Finding(Code.REACHABLE, host.name() + " answers", ""));
      }
    }
    findings.addAll(unreachable);
    return findings;
  }

  private static Finding unreachable(IOException e) {
    Code code =
        HostException.isOtherMachine(e)
            ? Code.OTHER_MACHINE
            : HostException.isOtherController(e) ? Code.OTHER_CONTROLLER : Code.UNREACHABLE;
    return new Finding(code, String.valueOf(e.getMessage()), "see the message above");
  }
}
