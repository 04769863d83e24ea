package dev.godwit.move;

import dev.godwit.forward.gate.GateStatus;
import dev.godwit.journal.Journal;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gates of a move that were killed or hung, for the report: with them went the connections that
 * they had, and nothing else of a move cuts a client off. The gates' hosts forget them at the end.
 */
public final class GateDeaths {
  /** A line each: host, time, who waited, who was relayed. */
  private static final String FACT = "gate-deaths";

  private GateDeaths() {}

  /**
   * One of them.
   *
   * @param host as people call it
   */
  public record Death(String host, Instant seen, int waiting, int relayed) {
    /** What the gate of a host has told. */
    public static Death of(Role role, GateStatus.Death told) {
      return new Death(
          role.word(), Instant.ofEpochMilli(told.seenMillis()), told.waiting(), told.relayed());
    }

    /** For programs. */
    public Map<String, Object> json() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("host", host);
      object.put("seen", seen.toString());
      object.put("waiting", waiting);
      object.put("relayed", relayed);
      return object;
    }

    /** For people. */
    public String display() {
      return "the gate on %s was %s"
          .formatted(host, new GateStatus.Death(seen.toEpochMilli(), waiting, relayed).display());
    }
  }

  /** Asks both hosts and writes down what they know. */
  static void record(Move move) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Role role : Role.hosts(move.plan())) {
      for (GateStatus.Death death : Side.of(move, role).gate().deaths()) {
        lines.add(
            "%s %d %d %d"
                .formatted(role.word(), death.seenMillis(), death.waiting(), death.relayed()));
      }
    }
    if (!lines.isEmpty()) {
      move.journal().setFact(FACT, String.join("\n", lines));
    }
  }

  /** The same where it must not keep anybody from what else is to be done. */
  static void recordUnlessImpossible(Move move) {
    try {
      record(move);
    } catch (IOException e) {
      move.warn(
          Warnings.Code.NOT_ASKED, "Whether a gate has died could not be asked: " + e.getMessage());
    }
  }

  /** Those that are written down, oldest first for each host. */
  public static List<Death> of(Journal journal) throws IOException {
    List<Death> all = new ArrayList<>();
    for (String line : journal.fact(FACT).orElse("").lines().toList()) {
      String[] words = line.split(" ");
      all.add(
          new Death(
              words[0],
              Instant.ofEpochMilli(Long.parseLong(words[1])),
              Integer.parseInt(words[2]),
              Integer.parseInt(words[3])));
    }
    return all;
  }
}
