package dev.godwit.move;

import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.HostFacts;
import dev.godwit.host.ShellWord;
import dev.godwit.journal.Journal;
import dev.godwit.plan.Plan;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The two machines of a move, as they were when it began (H61): a plan names hosts by words and
 * addresses, and these may lead to another machine by now, or to each other's. Asked of each
 * connection before anything else is.
 *
 * <p>A machine is known by its machine-id(5). Where that does not tell the two apart, only the boot
 * does, until either of them boots again: what answers in the boot that the other one was in is the
 * other one.
 *
 * @param oldHost null: not known, as before the start
 * @param newHost the same
 * @param areOne whether the plan moves within one host
 */
record Machines(@Nullable Machine oldHost, @Nullable Machine newHost, boolean areOne) {
  /**
   * One machine.
   *
   * @param id empty when it has none
   * @param boot of the kernel that it ran at the start
   */
  record Machine(String id, String boot) {
    static Machine of(HostFacts facts) {
      return new Machine(facts.machineId(), facts.bootId());
    }

    private static @Nullable Machine read(String fact) {
      String[] parts = fact.split(" ", 2);
      return parts.length == 2 ? new Machine(parts[0], parts[1]) : null;
    }

    private String text() {
      return id + " " + boot;
    }

    private String idForPeople() {
      return id.isEmpty() ? "none" : id;
    }
  }

  /** The journal's facts: the machine id, a space, the boot id; empty when no move is under way. */
  private static String fact(Role role) {
    return "machine-" + role.word();
  }

  /** What a journal knows. */
  static Machines of(Journal journal, Plan plan) throws IOException {
    return new Machines(read(journal, Role.OLD), read(journal, Role.NEW), plan.isWithinHost());
  }

  private static @Nullable Machine read(Journal journal, Role role) throws IOException {
    return Machine.read(journal.fact(fact(role)).orElse(""));
  }

  /** Whether a move is under way, so that they are. */
  boolean areKnown() {
    return oldHost != null && newHost != null;
  }

  /**
   * From now on the hosts of the move are these two machines, unless it is known which they are.
   */
  static void keep(Move move) throws IOException {
    if (of(move.journal(), move.plan()).areKnown()) {
      return;
    }
    for (Role role : Role.values()) {
      Machine machine = Machine.of(HostFacts.of(move.hosts().of(role)));
      move.journal().setFact(fact(role), machine.text());
    }
  }

  /** The move is over: the next one of this plan may be of other machines. */
  static void forget(Journal journal) throws IOException {
    for (Role role : Role.values()) {
      journal.setFact(fact(role), "");
    }
  }

  /**
   * Refuses a host that is another machine than at the start.
   *
   * @param mayHaveChanged whether a person says that a host was installed anew, or got a new id;
   *     the other host of the move is refused all the same
   * @throws HostException OTHER_MACHINE, with what to do
   */
  void refuseOther(Role role, Host host, boolean mayHaveChanged, Path plan) throws HostException {
    if (!areKnown()) {
      return;
    }
    Machine now;
    try {
      now = Machine.of(HostFacts.of(host));
    } catch (WireException e) {
      throw new HostException(
          "%s does not say which machine it is: %s".formatted(host.name(), e.getMessage()), e);
    }
    String objection = objection(role, now, mayHaveChanged, plan);
    if (objection != null) {
      throw new HostException(
          HostException.Trouble.OTHER_MACHINE, host.name() + " " + objection, null);
    }
  }

  /**
   * What speaks against a machine that answers as this host, for people; null when nothing does.
   */
  @Nullable String objection(Role role, Machine now, boolean mayHaveChanged, Path plan) {
    Machine mine = role == Role.OLD ? oldHost : newHost;
    Machine others = role == Role.OLD ? newHost : oldHost;
    if (mine == null || others == null) {
      return null;
    }
    boolean idsTell = areOne || !mine.id().equals(others.id());
    if (!areOne && isTheOther(now, mine, others, idsTell)) {
      String word = role.other().word();
      return "is now the machine that was %s when the move began (machine id %s; %s was %s): has its name or address moved? Let the plan's `old` and `new` lead to the machines that they led to then, and repeat the command"
          .formatted(word, now.idForPeople(), role.word(), mine.idForPeople());
    }
    if (mayHaveChanged || !idsTell || mine.id().isEmpty() || now.id().equals(mine.id())) {
      return null;
    }
    String typed = ShellWord.typed(plan.toString());
    return "is another machine than when the move began (machine id %s; it was %s): has its name or address moved? Let the plan lead to the machine that it led to then, and repeat the command. If the host was installed anew, or got a new machine id: `godwit finish --abandon --changed-host %s` gives the move up while old serves, `godwit finish --changed-host %s` ends it where new does"
        .formatted(now.idForPeople(), mine.idForPeople(), typed, typed);
  }

  private static boolean isTheOther(Machine now, Machine mine, Machine others, boolean idsTell) {
    boolean hasId = idsTell && !others.id().isEmpty() && now.id().equals(others.id());
    // Containers of one kernel have one boot in common.
    boolean hasBoot =
        !mine.boot().equals(others.boot())
            && !others.boot().isEmpty()
            && now.boot().equals(others.boot());
    return hasId || hasBoot;
  }
}
