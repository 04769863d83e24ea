package dev.godwit.monitor;

import dev.godwit.forward.GateClient;
import dev.godwit.forward.GateStatus;
import dev.godwit.journal.Journal;
import dev.godwit.move.BackgroundClient;
import dev.godwit.move.FollowStatus;
import dev.godwit.move.Hosts;
import dev.godwit.move.Move;
import dev.godwit.move.Phase;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a move stands: what the journal says, and what the processes say that run for it. Every value
 * was asked for just now; what could not be asked is said in {@link #problems} instead of shown as
 * it was (H90).
 *
 * @param follow null when no background process runs
 * @param gate null when no gate runs, or before there was one
 */
public record MoveStatus(
    String move,
    Phase phase,
    Instant at,
    @Nullable FollowStatus follow,
    @Nullable GateStatus gate,
    List<String> problems) {

  /** Looks. Fails only when the journal cannot be read. */
  public static MoveStatus of(Plan plan) throws IOException {
    Phase phase = Phase.PLANNED;
    Optional<Journal> found = Journal.read(Move.journalFile(plan));
    if (found.isPresent()) {
      try (Journal journal = found.get()) {
        phase = Move.phase(journal);
      }
    }
    List<String> problems = new ArrayList<>();
    FollowStatus follow = follow(plan, phase, problems);
    GateStatus gate = gate(plan, phase, problems);
    return new MoveStatus(plan.move(), phase, Instant.now(), follow, gate, List.copyOf(problems));
  }

  private static @Nullable FollowStatus follow(Plan plan, Phase phase, List<String> problems) {
    try {
      Optional<BackgroundClient> background = BackgroundClient.find(plan);
      if (background.isPresent()) {
        try (BackgroundClient client = background.get()) {
          return client.status();
        }
      }
      if (phase == Phase.FOLLOWING) {
        problems.add(
            "the mirror does not run: new falls behind. It goes on with: godwit start "
                + plan.file());
      }
    } catch (IOException e) {
      problems.add("the mirror cannot be asked: " + e.getMessage());
    }
    return null;
  }

  private static @Nullable GateStatus gate(Plan plan, Phase phase, List<String> problems) {
    if (phase != Phase.SWITCHING && phase != Phase.NEW_SERVES) {
      return null;
    }
    try (Hosts hosts = Hosts.of(plan)) {
      Optional<GateStatus> status = new GateClient(hosts.oldHost(), plan.move()).status();
      if (status.isEmpty()) {
        problems.add("the gate on old does not run: clients that come to old are not passed on");
      }
      return status.orElse(null);
    } catch (IOException e) {
      problems.add("the gate on old cannot be asked: " + e.getMessage());
      return null;
    }
  }

  /** For people. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append("Move %s: %s.%n".formatted(move, phase.sentence()));
    if (follow != null) {
      for (FollowStatus.Tree tree : follow.trees()) {
        text.append(
            "  %-24s %s, %,d files, %d to do, %d ms behind, %s%n"
                .formatted(
                    tree.path(),
                    tree.state().name().toLowerCase(Locale.ROOT),
                    tree.files(),
                    tree.dirty(),
                    tree.lagMillis(),
                    tree.rung()));
        if (!tree.message().isEmpty()) {
          text.append("    %s%n".formatted(tree.message()));
        }
      }
    }
    if (gate != null) {
      text.append("  gate on old: %s%n".formatted(gate.summary()));
    }
    for (String problem : problems) {
      text.append("  ! %s%n".formatted(problem));
    }
    text.append(
        switch (phase) {
          case PLANNED -> "Next: godwit check, then godwit start.";
          case FOLLOWING -> "Next: godwit cutover.";
          case SWITCHING -> "Next: godwit cutover goes on, godwit rollback takes it back.";
          case NEW_SERVES -> "Next: when nobody comes to old any more, godwit finish.";
          case FINISHED -> "Nothing is left to do.";
        });
    return text.toString();
  }

  /** The same for programs. */
  public Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("move", move);
    object.put("phase", phase.word());
    object.put("at", at.toString());
    List<Object> mirrors = new ArrayList<>();
    if (follow != null) {
      for (FollowStatus.Tree tree : follow.trees()) {
        mirrors.add(json(tree));
      }
    }
    object.put("mirrors", mirrors);
    object.put("gate", gate == null ? null : json(gate));
    object.put("problems", problems);
    return object;
  }

  private static Map<String, Object> json(FollowStatus.Tree tree) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("path", tree.path());
    object.put("state", tree.state().name().toLowerCase(Locale.ROOT));
    object.put("message", tree.message());
    object.put("files", tree.files());
    object.put("bytes", tree.bytes());
    object.put("dirty", tree.dirty());
    object.put("lag_ms", tree.lagMillis());
    object.put("rung", tree.rung());
    object.put("rescans", tree.rescans());
    object.put("reconnects", tree.reconnects());
    return object;
  }

  private static Map<String, Object> json(GateStatus gate) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("mode", gate.mode().name().toLowerCase(Locale.ROOT));
    object.put("epoch", gate.epoch());
    object.put("open", gate.open());
    object.put("last_connection", gate.lastConnection().map(Instant::toString).orElse(null));
    object.put("summary", gate.summary());
    return object;
  }
}
