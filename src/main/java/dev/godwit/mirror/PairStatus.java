package dev.godwit.mirror;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How one mirror of a process is doing.
 *
 * @param from the source as it is written on a command line
 * @param filesPerSecond of what was put into place, over the last seconds
 * @param audit the one that is under way, or waits to be gone on with; null: none
 * @param nextAudit null: none is due
 * @param auditFaults how often an audit has failed inside
 * @param commands null: the changes go to a directory
 */
record PairStatus(
    String name,
    String from,
    String to,
    MirrorStatus mirror,
    long filesPerSecond,
    long bytesPerSecond,
    @Nullable Audit lastAudit,
    @Nullable AuditState audit,
    @Nullable Instant nextAudit,
    long auditFaults,
    @Nullable Commands commands) {

  /**
   * A comparison of both sides that has come to its end.
   *
   * @param at when it began
   * @param content whether the content of all files was compared
   * @param parts in how many it was made: one more each time that it was interrupted
   * @param outcome {@code equal}, or what was in the way
   */
  record Audit(Instant at, Duration took, boolean content, int parts, Drift drift, String outcome) {
    static final String EQUAL = "equal";

    boolean isEqual() {
      return outcome.equals(EQUAL);
    }

    /** Whether both sides are equal, and were but for what changed meanwhile. */
    boolean wasEqual() {
      return isEqual() && drift.drifted() == 0;
    }

    static Audit of(AuditState state, String outcome) {
      Duration took = Duration.between(state.began(), Instant.now());
      return new Audit(state.began(), took, state.content(), state.parts(), state.drift(), outcome);
    }

    /** For people. */
    List<String> lines() {
      List<String> lines = new ArrayList<>();
      lines.add(
          "%s, %d %s put right, %d ms%s"
              .formatted(
                  outcome,
                  drift.changed(),
                  drift.changed() == 1 ? "name" : "names",
                  took.toMillis(),
                  parts > 1 ? ", in " + parts + " parts" : ""));
      if (drift.drifted() > 0) {
        lines.add("%d of them differed, and no change was told:".formatted(drift.drifted()));
        lines.addAll(drift.first());
      }
      if (drift.drifted() > drift.first().size()) {
        lines.add("and more");
      }
      return lines;
    }
  }

  /**
   * What is run for changes.
   *
   * @param waiting that are still to be run
   * @param ended since the start
   * @param failed those of them that ended with another status than 0
   */
  record Commands(long waiting, long running, long ended, long failed) {}

  /** Whether it is known what has changed and is not on the target. */
  boolean isKnown() {
    return isConnected() && wasSeen() && mirror.sight().silentMillis() == 0;
  }

  private boolean wasSeen() {
    return mirror.lastContact().isAfter(Instant.EPOCH);
  }

  private boolean isConnected() {
    return mirror.state() == MirrorState.LIVE || mirror.state() == MirrorState.COPYING;
  }

  /** The age of the oldest change that may not be on the target, in milliseconds. */
  long lagMillis(Instant now) {
    if (isConnected() || !wasSeen()) {
      return mirror.lagMillis();
    }
    // What has happened since is not known.
    return Math.max(0, Duration.between(mirror.lastContact(), now).toMillis());
  }

  /** When both sides were compared last, in seconds of Unix time; 0 for never. */
  long lastAuditSeconds() {
    return lastAudit == null ? 0 : lastAudit.at().getEpochSecond();
  }

  long lastAuditDrifted() {
    return lastAudit == null ? 0 : lastAudit.drift().drifted();
  }

  /** For a status in JSON. */
  Map<String, Object> json(Instant now) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", name);
    all.put("from", from);
    all.put("to", to);
    all.put("state", mirror.state().word());
    all.put("message", mirror.message());
    all.put("dirty", isKnown() ? mirror.dirty() : null);
    all.put("lag_ms", lagMillis(now));
    all.put("silent_ms", mirror.sight().silentMillis());
    all.put("unverified", mirror.sight().unverified());
    all.put("unwatched_directories", mirror.sight().unwatched());
    all.put("rung", mirror.rung());
    all.put("files_per_second", filesPerSecond);
    all.put("bytes_per_second", bytesPerSecond);
    all.put("directories", mirror.directories());
    all.put("files", mirror.files());
    all.put("bytes_total", mirror.bytesTotal());
    all.put("files_applied", mirror.counters().filesApplied());
    all.put("bytes_applied", mirror.counters().bytesApplied());
    all.put("files_renamed", mirror.counters().filesRenamed());
    all.put("directories_renamed", mirror.counters().directoriesRenamed());
    all.put("deleted", mirror.counters().deleted());
    all.put("rescans", mirror.rescans());
    Map<String, Object> rescans = new LinkedHashMap<>();
    for (Rescan why : Rescan.values()) {
      rescans.put(why.word(), mirror.rescansBy().getOrDefault(why, 0L));
    }
    all.put("rescans_by_reason", rescans);
    all.put("reconnects", mirror.reconnects());
    all.put(
        "last_contact",
        mirror.lastContact().equals(Instant.EPOCH) ? null : mirror.lastContact().toString());
    all.put("last_audit", lastAudit == null ? null : json(lastAudit));
    all.put("auditing", audit != null);
    all.put("audit", audit == null ? null : json(audit));
    all.put("next_audit", nextAudit == null ? null : nextAudit.toString());
    all.put("audit_faults", auditFaults);
    all.put("problems", mirror.problems());
    all.put("waiting", mirror.waiting());
    all.put("mounts", mirror.mounts().stream().map(MirrorMount::json).toList());
    all.put("commands", commands == null ? null : json(commands));
    return all;
  }

  private static Map<String, Object> json(Commands commands) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("waiting", commands.waiting());
    all.put("running", commands.running());
    all.put("ended", commands.ended());
    all.put("failed", commands.failed());
    return all;
  }

  static Map<String, Object> json(Audit audit) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("at", audit.at().toString());
    all.put("ms", audit.took().toMillis());
    all.put("parts", audit.parts());
    all.put("content", audit.content());
    all.put("outcome", audit.outcome());
    put(all, audit.drift());
    return all;
  }

  private static Map<String, Object> json(AuditState audit) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("at", audit.began().toString());
    all.put("parts", audit.parts());
    all.put("content", audit.content());
    all.put("share", audit.share());
    String upTo = audit.place().upTo();
    all.put("up_to", upTo == null ? null : Drift.shown(upTo));
    put(all, audit.drift());
    return all;
  }

  private static void put(Map<String, Object> all, Drift drift) {
    all.put("changed", drift.changed());
    all.put("drifted", drift.drifted());
    all.put("drift", drift.first());
  }
}
