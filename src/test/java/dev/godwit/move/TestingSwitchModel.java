package dev.godwit.move;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model of one switch between two hosts, small enough that all of its states are looked at. Each
 * step of {@link CutoverStep} is the orders that it gives; the parties obey an order whole or not
 * at all. What the code does is described here a second time, in a few words, so that the
 * description can be looked through to its end; that the code does it is for other tests to show.
 *
 * <p>Any time: the controller is killed, or falls asleep with an order on its way, which arrives
 * later or never; the command is given again, by whoever; the gate dies; either host is rebooted;
 * the hold ends; the lease of what was started on next ends. An answer that is lost is a controller
 * that is killed behind the order, an order that is lost one that is killed before it.
 */
final class TestingSwitchModel {
  /** What keeps it right, and can be left out. */
  enum Rule {
    /** Orders of an epoch that is over are refused (H59). */
    EPOCHS,
    /** What stops on serving stays down over a reboot (H57). */
    FENCE_ON_SERVING,
    /** What starts on next is down after a reboot, until clients were released to it (H57). */
    FENCE_ON_NEXT,
    /** Serving's gate starts nothing before what was started on next has stopped (H56). */
    GATE_WAITS,
    /** What was started on next stops by itself when nothing was released in time (H56). */
    LEASE,
    /** A gate that dies, or is rebooted, knows of its release (H58). */
    RECORD,
    /** Whether clients were released is asked of the gate, not of the journal (H58). */
    GATE_DECIDES,
    /** Who comes to next by its own address is led to serving until the release. */
    LEAD,
    /** An order reaches a host only on a connection from before its reboot, which that ends. */
    CONNECTIONS
  }

  /** What is ordered; of whom: {@link #party}. */
  private enum Order {
    COPY,
    LEAD,
    LEASE,
    HOLD,
    FENCE,
    STOP,
    BARRIER,
    PAUSE,
    TELL,
    START,
    LOOK,
    RELEASE,
    SETTLE,
    LIFT,
    FOLLOW
  }

  private enum Gate {
    PASS,
    HOLD,
    GOING_BACK,
    RELEASED
  }

  /** Of next's landing. */
  private enum Lease {
    NONE,
    RUNS,
    ENDED
  }

  private enum Fact {
    SERVING_RUNS,
    SERVING_FENCED,
    NEXT_RUNS,
    NEXT_FENCED,
    /** Clients of next's own address are led to serving. */
    LED,
    /** From serving to next. */
    COPIES,
    /** From next to serving. */
    FOLLOWS,
    /** Serving has accepted what next has not. */
    BEHIND,
    /** Next has accepted what serving has not. */
    WROTE,
    /** The gate knows that next's services may run. */
    TOLD,
    /** These were rebooted in this attempt. */
    CUT_FROM_SERVING,
    CUT_FROM_NEXT,
    /** These refuse orders of the attempt's epoch. */
    OVER_ON_SERVING,
    OVER_ON_NEXT,
    OVER_IN_MIRRORS,
    /** These refuse the order that is late. */
    LATE_ON_SERVING,
    LATE_ON_NEXT,
    LATE_IN_MIRRORS
  }

  /**
   * A state.
   *
   * @param at how many orders of the attempt were obeyed
   * @param isCommanded whether a controller is at it
   * @param late an order of one that sleeps
   */
  private record State(
      int at, boolean isCommanded, @Nullable Order late, Gate gate, Lease lease, Set<Fact> facts) {
    boolean is(Fact fact) {
      return facts.contains(fact);
    }

    State with(Fact... more) {
      EnumSet<Fact> all = EnumSet.copyOf(facts);
      Collections.addAll(all, more);
      return new State(at, isCommanded, late, gate, lease, all);
    }

    State without(Fact... less) {
      EnumSet<Fact> all = EnumSet.copyOf(facts);
      for (Fact fact : less) {
        all.remove(fact);
      }
      return new State(at, isCommanded, late, gate, lease, all);
    }

    State set(Fact fact, boolean value) {
      return value ? with(fact) : without(fact);
    }

    State at(int now) {
      return new State(now, isCommanded, late, gate, lease, facts);
    }

    State commanded(boolean now) {
      return new State(at, now, late, gate, lease, facts);
    }

    State late(@Nullable Order order) {
      return new State(at, isCommanded, order, gate, lease, facts);
    }

    State gate(Gate now) {
      return new State(at, isCommanded, late, now, lease, facts);
    }

    State lease(Lease now) {
      return new State(at, isCommanded, late, gate, now, facts);
    }
  }

  private record Edge(String event, State to, boolean isFault) {}

  private final List<Order> orders = new ArrayList<>();
  private final int release;
  private final Set<Rule> without;
  private final Map<State, @Nullable State> from = new LinkedHashMap<>();
  private final Map<State, String> by = new HashMap<>();

  /**
   * @param steps in the order in which they are made
   * @param without rules that are not kept
   */
  TestingSwitchModel(List<CutoverStep> steps, Set<Rule> without) {
    for (CutoverStep step : steps) {
      orders.addAll(ordersOf(step));
    }
    this.release = orders.indexOf(Order.RELEASE);
    this.without = without;
  }

  /** A new step has to be given its orders here; none, when it changes nothing that is modelled. */
  private static List<Order> ordersOf(CutoverStep step) {
    return switch (step) {
      case AUDIT -> List.of(Order.COPY);
      case CAPTURE -> List.of(Order.LEAD);
      case HOLD -> List.of(Order.LEASE, Order.HOLD);
      case STOP -> List.of(Order.FENCE, Order.STOP);
      case BARRIER -> List.of(Order.BARRIER);
      case PAUSE -> List.of(Order.PAUSE);
      case START -> List.of(Order.TELL, Order.START);
      case CHECK -> List.of(Order.LOOK);
      case RELEASE -> List.of(Order.RELEASE);
      case FOLLOW -> List.of(Order.SETTLE, Order.LIFT, Order.FOLLOW);
      case DRAIN, QUEUED, SETTLE, ADDRESS -> List.of();
    };
  }

  private boolean has(Rule rule) {
    return !without.contains(rule);
  }

  int states() {
    return from.size();
  }

  /**
   * Looks at all states.
   *
   * @return the shortest way to one that may not be, with what is wrong there at its end; empty
   *     when there is none
   */
  List<String> explore() {
    State first =
        new State(
            0,
            true,
            null,
            Gate.PASS,
            Lease.NONE,
            EnumSet.of(Fact.SERVING_RUNS, Fact.NEXT_FENCED, Fact.BEHIND));
    from.put(first, null);
    Deque<State> next = new ArrayDeque<>(List.of(first));
    Map<State, List<State>> back = new HashMap<>();
    while (!next.isEmpty()) {
      State state = next.remove();
      String wrong = wrong(state);
      if (!wrong.isEmpty()) {
        return way(state, wrong);
      }
      for (Edge edge : edges(state)) {
        if (!edge.isFault) {
          back.computeIfAbsent(edge.to, s -> new ArrayList<>()).add(state);
        }
        if (!from.containsKey(edge.to)) {
          from.put(edge.to, state);
          by.put(edge.to, edge.event);
          next.add(edge.to);
        }
      }
    }
    Set<State> good = new HashSet<>();
    from.keySet().stream().filter(this::isSettled).forEach(next::add);
    while (!next.isEmpty()) {
      State state = next.remove();
      if (good.add(state)) {
        next.addAll(back.getOrDefault(state, List.of()));
      }
    }
    for (State state : from.keySet()) {
      if (!good.contains(state)) {
        return way(state, "nothing leads to where one host serves");
      }
    }
    return List.of();
  }

  private List<String> way(State to, String wrong) {
    List<String> way = new ArrayList<>(List.of(wrong));
    for (State state = to; state != null && by.containsKey(state); state = from.get(state)) {
      way.add(by.get(state));
    }
    Collections.reverse(way);
    return way;
  }

  /** What is wrong in a state; empty when nothing is. */
  private static String wrong(State state) {
    if (state.is(Fact.SERVING_RUNS) && state.is(Fact.NEXT_RUNS)) {
      return "two hosts write";
    }
    if (state.is(Fact.COPIES) && state.is(Fact.NEXT_RUNS)) {
      return "what next writes is replaced";
    }
    if (state.is(Fact.FOLLOWS) && state.is(Fact.SERVING_RUNS)) {
      return "what serving writes is replaced";
    }
    if (state.gate == Gate.RELEASED && state.is(Fact.BEHIND)) {
      return "what serving had accepted is lost";
    }
    if (state.gate != Gate.RELEASED && state.is(Fact.WROTE)) {
      return "what next had accepted is lost";
    }
    return "";
  }

  /** One host serves, and clients come to it. */
  private boolean isSettled(State state) {
    return state.gate == Gate.RELEASED
        ? state.is(Fact.NEXT_RUNS) && state.is(Fact.FOLLOWS) && state.at == orders.size()
        : state.gate == Gate.PASS && state.is(Fact.SERVING_RUNS) && !state.is(Fact.NEXT_RUNS);
  }

  private List<Edge> edges(State state) {
    List<Edge> edges = new ArrayList<>();
    if (state.isCommanded) {
      commanded(state, edges);
    } else {
      again(state, edges);
    }
    if (state.late != null) {
      Order late = state.late;
      State arrived = state.late(null);
      State obeyed = refuses(state, late, true) ? null : obey(arrived, late);
      edges.add(new Edge("late: " + late, obeyed == null ? arrived : obeyed, true));
    }
    gate(state, edges);
    landing(state, edges);
    clients(state, edges);
    reboots(state, edges);
    return edges;
  }

  private void commanded(State state, List<Edge> edges) {
    edges.add(new Edge("the controller is killed", state.commanded(false), true));
    if (state.at == orders.size()) {
      return;
    }
    Order order = orders.get(state.at);
    boolean isCut =
        has(Rule.CONNECTIONS)
            && (party(order) == Party.SERVING && state.is(Fact.CUT_FROM_SERVING)
                || party(order) == Party.NEXT && state.is(Fact.CUT_FROM_NEXT));
    if (state.late == null && !isCut) {
      State asleep = state.late(order).commanded(false);
      for (Party party : Party.values()) {
        asleep = asleep.set(party.late, state.is(party.over));
      }
      edges.add(new Edge("the controller sleeps", asleep, true));
    }
    State obeyed = isCut || refuses(state, order, false) ? null : obey(state, order);
    // What is refused ends the attempt: the controller does what the command would do.
    edges.add(
        obeyed == null
            ? new Edge(order + " fails", state.commanded(false), false)
            : new Edge(order.toString(), heard(obeyed, party(order)).at(state.at + 1), false));
  }

  /** The command is given, and looks at what is. */
  private void again(State state, List<Edge> edges) {
    boolean released = has(Rule.GATE_DECIDES) ? state.gate == Gate.RELEASED : state.at > release;
    if (released) {
      State served = heard(state.lease(Lease.NONE), Party.NEXT).with(Fact.NEXT_RUNS);
      edges.add(
          new Edge(
              "again: it was released",
              begun(heard(served, Party.MIRRORS)).at(release + 1),
              false));
      return;
    }
    if (state.gate != Gate.PASS && state.at < release) {
      // Not once a release may be on its way.
      State stopped = heard(state, Party.NEXT).without(Fact.NEXT_RUNS).with(Fact.OVER_ON_NEXT);
      edges.add(new Edge("again: next is stopped", stopped, false));
    }
    if (state.gate == Gate.HOLD || state.gate == Gate.RELEASED) {
      edges.add(
          new Edge(
              "again: the gate goes back",
              heard(state, Party.SERVING).gate(Gate.GOING_BACK),
              false));
    }
    if (state.gate == Gate.PASS) {
      State stopped = state.lease(Lease.NONE).without(Fact.NEXT_RUNS, Fact.LED, Fact.TOLD);
      for (Party party : Party.values()) {
        stopped = heard(stopped, party);
      }
      edges.add(new Edge("again: from the beginning", begun(stopped).at(0), false));
    }
  }

  /** Under an epoch that nobody has ended yet. */
  private static State begun(State state) {
    State begun = state.commanded(true).without(Fact.CUT_FROM_SERVING, Fact.CUT_FROM_NEXT);
    for (Party party : Party.values()) {
      begun = begun.without(party.over);
    }
    return begun;
  }

  private enum Party {
    SERVING(Fact.OVER_ON_SERVING, Fact.LATE_ON_SERVING),
    NEXT(Fact.OVER_ON_NEXT, Fact.LATE_ON_NEXT),
    MIRRORS(Fact.OVER_IN_MIRRORS, Fact.LATE_IN_MIRRORS);

    private final Fact over;
    private final Fact late;

    Party(Fact over, Fact late) {
      this.over = over;
      this.late = late;
    }
  }

  private static Party party(Order order) {
    return switch (order) {
      case HOLD, FENCE, STOP, TELL, LOOK, RELEASE -> Party.SERVING;
      case LEAD, LEASE, START, SETTLE, LIFT -> Party.NEXT;
      case COPY, BARRIER, PAUSE, FOLLOW -> Party.MIRRORS;
    };
  }

  /** It has an order of a later epoch than the one of a controller that sleeps. */
  private static State heard(State state, Party party) {
    return state.late == null ? state : state.with(party.late);
  }

  /** Its epoch was ended there, that of the attempt and of whoever slept before. */
  private static State ended(State state, Party party) {
    return heard(state, party).with(party.over);
  }

  private boolean refuses(State state, Order order, boolean late) {
    Party party = party(order);
    return has(Rule.EPOCHS) && state.is(late ? party.late : party.over);
  }

  /** What becomes of an order; null when it fails. */
  private @Nullable State obey(State state, Order order) {
    boolean holds = state.gate == Gate.HOLD;
    return switch (order) {
      case COPY -> state.is(Fact.NEXT_RUNS) ? null : state.with(Fact.COPIES);
      case LEAD -> state.set(Fact.LED, has(Rule.LEAD));
      case LEASE -> state.lease(Lease.RUNS);
      case HOLD -> state.gate == Gate.PASS ? state.gate(Gate.HOLD).without(Fact.TOLD) : null;
      case FENCE -> state.with(Fact.SERVING_FENCED);
      case STOP -> state.without(Fact.SERVING_RUNS);
      case BARRIER -> state.is(Fact.COPIES) ? state.without(Fact.BEHIND) : null;
      case PAUSE -> state.without(Fact.COPIES);
      case TELL -> holds ? state.with(Fact.TOLD) : null;
      case START ->
          state.lease == Lease.ENDED && has(Rule.LEASE)
              ? null
              : state.with(Fact.NEXT_RUNS).set(Fact.NEXT_FENCED, has(Rule.FENCE_ON_NEXT));
      case LOOK -> holds && state.is(Fact.NEXT_RUNS) ? state : null;
      case RELEASE -> holds ? state.gate(Gate.RELEASED) : null;
      case SETTLE -> state.lease(Lease.NONE);
      case LIFT -> state.without(Fact.NEXT_FENCED);
      case FOLLOW -> state.without(Fact.COPIES).with(Fact.FOLLOWS);
    };
  }

  private void gate(State state, List<Edge> edges) {
    if (state.gate == Gate.HOLD) {
      edges.add(new Edge("the hold ends", state.gate(Gate.GOING_BACK), false));
    }
    boolean waits = state.is(Fact.TOLD) && state.lease == Lease.RUNS && has(Rule.GATE_WAITS);
    if (state.gate == Gate.GOING_BACK && !waits) {
      edges.add(
          new Edge(
              "the gate starts serving's services",
              ended(state, Party.SERVING)
                  .gate(Gate.PASS)
                  .with(Fact.SERVING_RUNS)
                  .without(Fact.SERVING_FENCED, Fact.TOLD),
              false));
    }
    if (state.gate == Gate.HOLD || state.gate == Gate.RELEASED) {
      edges.add(new Edge("the gate dies", gateAgain(state), true));
    }
  }

  /** By its records. */
  private State gateAgain(State state) {
    boolean knows = state.gate == Gate.RELEASED && has(Rule.RECORD);
    return state.gate == Gate.PASS || knows ? state : state.gate(Gate.GOING_BACK);
  }

  /** It hears of the gate's word, or nothing until its own time is over, which is later. */
  private void landing(State state, List<Edge> edges) {
    if (state.gate == Gate.RELEASED && state.lease != Lease.NONE) {
      edges.add(
          new Edge(
              "the landing hears of the release",
              state.lease(Lease.NONE).with(Fact.NEXT_RUNS).without(Fact.NEXT_FENCED),
              false));
    }
    if (state.gate != Gate.HOLD && state.lease == Lease.RUNS) {
      State over = ended(state, Party.NEXT).lease(Lease.ENDED);
      edges.add(
          new Edge(
              "next's lease ends", has(Rule.LEASE) ? over.without(Fact.NEXT_RUNS) : over, false));
    }
  }

  private static void clients(State state, List<Edge> edges) {
    if (state.is(Fact.SERVING_RUNS)) {
      edges.add(new Edge("serving accepts something", state.with(Fact.BEHIND), false));
    }
    if (state.is(Fact.NEXT_RUNS) && (state.gate == Gate.RELEASED || !state.is(Fact.LED))) {
      edges.add(new Edge("next accepts something", state.with(Fact.WROTE), false));
    }
  }

  private void reboots(State state, List<Edge> edges) {
    boolean fenced = state.is(Fact.SERVING_FENCED) && has(Rule.FENCE_ON_SERVING);
    edges.add(
        new Edge(
            "serving is rebooted",
            cut(gateAgain(state), Party.SERVING)
                .with(Fact.CUT_FROM_SERVING)
                .set(Fact.SERVING_RUNS, !fenced),
            true));
    edges.add(
        new Edge(
            "next is rebooted",
            cut(state, Party.NEXT)
                .with(Fact.CUT_FROM_NEXT)
                .without(Fact.LED)
                .set(Fact.NEXT_RUNS, !state.is(Fact.NEXT_FENCED)),
            true));
  }

  /** What is on its way to a host that is rebooted does not arrive. */
  private State cut(State state, Party party) {
    boolean goes = has(Rule.CONNECTIONS) && state.late != null && party(state.late) == party;
    return goes ? state.late(null) : state;
  }
}
