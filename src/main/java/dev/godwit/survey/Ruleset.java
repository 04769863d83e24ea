package dev.godwit.survey;

import dev.godwit.survey.Firewall.PortVerdict;
import dev.godwit.survey.Firewall.Verdict;
import java.util.List;
import java.util.Map;

/**
 * Rules of a packet filter, as far as they can decide about a new TCP connection to a port of this
 * host: chains, their rules in order, and conditions that hold, do not hold, or are not known.
 *
 * @param bases the chains that every such packet passes, each of which must let it through
 * @param chains all of them by name
 */
record Ruleset(List<String> bases, Map<String, Chain> chains) {
  private static final int DEPTH_MAX = 16; // NFT_JUMP_STACK_SIZE of the kernel

  /**
   * A chain.
   *
   * @param dropsAtEnd the policy of a base chain
   */
  record Chain(String name, boolean dropsAtEnd, List<Rule> rules) {}

  /**
   * A rule.
   *
   * @param action what it does when all conditions hold
   * @param target of a jump
   */
  record Rule(List<Condition> conditions, Action action, String target) {}

  /** What a rule does. */
  enum Action {
    ACCEPT,
    DROP,
    JUMP,
    GOTO,
    RETURN,
    NOTHING
  }

  /** What a rule asks for. */
  sealed interface Condition {
    /** The destination port is in one of the ranges, or in none of them. */
    record Ports(List<int[]> ranges, boolean isNegated) implements Condition {
      boolean holds(int port) {
        return isNegated != ranges.stream().anyMatch(r -> port >= r[0] && port <= r[1]);
      }
    }

    /** Never so for a new TCP connection from elsewhere: another protocol, loopback… */
    record Never() implements Condition {}

    /** Nobody knows beforehand: the client's address, a limit, a match that is not understood. */
    record Unknown() implements Condition {}
  }

  private enum Match {
    YES,
    NO,
    MAYBE
  }

  /** How a chain was left. */
  private enum Way {
    ACCEPT,
    DROP,
    UNCLEAR,
    ON
  }

  private record Result(Way way, String because) {}

  /** What happens to a new connection to the port. */
  PortVerdict verdict(int port) {
    PortVerdict verdict = new PortVerdict(port, Verdict.ACCEPTED.name(), "");
    for (String base : bases) {
      Result result = walk(base, port, 0);
      switch (result.way()) {
        case DROP -> {
          return new PortVerdict(port, Verdict.REFUSED.name(), result.because());
        }
        case UNCLEAR -> verdict = new PortVerdict(port, Verdict.UNCLEAR.name(), result.because());
        case ACCEPT, ON -> {} // the next base chain decides
      }
    }
    return verdict;
  }

  private Result walk(String name, int port, int depth) {
    Chain chain = chains.get(name);
    if (chain == null || depth > DEPTH_MAX) {
      return new Result(Way.UNCLEAR, "chain " + name);
    }
    boolean mayAccept = false;
    boolean mayDrop = false;
    String doubt = "";
    int number = 0;
    for (Rule rule : chain.rules()) {
      number++;
      Match match = match(rule, port);
      if (match == Match.NO || rule.action() == Action.NOTHING) {
        continue;
      }
      String because = "chain " + name + ", rule " + number;
      Result result =
          switch (rule.action()) {
            case ACCEPT -> new Result(Way.ACCEPT, because);
            case DROP -> new Result(Way.DROP, because);
            case JUMP, GOTO -> walk(rule.target(), port, depth + 1);
            case RETURN, NOTHING -> new Result(Way.ON, because);
          };
      if (match == Match.YES
          && result.way() == Way.ON
          && (rule.action() == Action.RETURN || rule.action() == Action.GOTO)) {
        break;
      }
      if (result.way() == Way.ON && match == Match.MAYBE && rule.action() != Action.JUMP) {
        mayAccept = true; // a return that may happen: what follows may not
        mayDrop = true;
        doubt = because;
        continue;
      }
      if (result.way() == Way.ON) {
        continue;
      }
      boolean isSure = match == Match.YES && result.way() != Way.UNCLEAR;
      boolean contradicts = result.way() == Way.ACCEPT ? mayDrop : mayAccept;
      if (isSure) {
        return contradicts ? new Result(Way.UNCLEAR, doubt) : result;
      }
      mayAccept |= result.way() != Way.DROP;
      mayDrop |= result.way() != Way.ACCEPT;
      doubt = result.because();
    }
    if (!bases.contains(name)) {
      return mayAccept || mayDrop ? new Result(Way.UNCLEAR, doubt) : new Result(Way.ON, "");
    }
    boolean contradicts = chain.dropsAtEnd() ? mayAccept : mayDrop;
    return contradicts
        ? new Result(Way.UNCLEAR, doubt)
        : new Result(chain.dropsAtEnd() ? Way.DROP : Way.ACCEPT, "chain " + name + ", its policy");
  }

  private static Match match(Rule rule, int port) {
    Match match = Match.YES;
    for (Condition condition : rule.conditions()) {
      switch (condition) {
        case Condition.Never _ -> {
          return Match.NO;
        }
        case Condition.Ports ports -> {
          if (!ports.holds(port)) {
            return Match.NO;
          }
        }
        case Condition.Unknown _ -> match = Match.MAYBE;
      }
    }
    return match;
  }
}
