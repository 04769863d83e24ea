package dev.godwit.cli;

import dev.godwit.mirror.MirrorProcess;
import dev.godwit.mirror.Rescan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The status of a process with mirrors for people, in lines that fit a terminal. */
final class MirrorStatusText {
  private static final int PROBLEMS_MAX = 5;
  private static final int MOUNTS_MAX = 10;

  private final Instant now;
  private final int width;
  private final StringBuilder text = new StringBuilder();

  MirrorStatusText(Instant now, int width) {
    this.now = now;
    this.width = Math.min(width, Terminal.TEXT_WIDTH);
  }

  String of(JsonNode status) {
    line(0, "process " + status.get("process").asLong() + " for " + since(status.get("started")));
    String metrics = status.path("metrics").asString(""); // of an older Godwit nobody knows
    if (!metrics.isEmpty()) {
      line(0, "metrics at " + metrics);
    }
    for (JsonNode mirror : status.get("mirrors")) {
      mirror(mirror);
    }
    return text.toString().stripTrailing();
  }

  /** What a comparison of some mirrors has found. */
  String ofVerified(JsonNode verified) {
    for (JsonNode mirror : verified.get("mirrors")) {
      JsonNode audit = mirror.get("audit");
      String found =
          audit.isNull()
              ? mirror.get("reason").asString()
              : audit.get("outcome").asString()
                  + what(audit)
                  + ", "
                  + Amounts.duration(Duration.ofMillis(audit.get("ms").asLong()));
      line(0, mirror.get("name").asString() + ": " + found);
      if (!audit.isNull()) {
        drift(audit);
      }
    }
    return text.toString().stripTrailing();
  }

  private void mirror(JsonNode mirror) {
    text.append('\n');
    String state = mirror.get("state").asString();
    line(
        0,
        mirror.get("name").asString()
            + "  "
            + mirror.get("from").asString()
            + " -> "
            + mirror.get("to").asString());
    boolean isHalted = state.equals("halted");
    String message = mirror.get("message").asString();
    line(
        2,
        (isHalted ? "HALTED" : state)
            + (mirror.get("rung").asString().isEmpty()
                ? ""
                : " by " + mirror.get("rung").asString())
            + (message.isEmpty() ? "" : ": " + message)
            + (isHalted ? " " + MirrorProcess.toGoOn(mirror.get("name").asString(), message) : ""));
    String dirty =
        mirror.get("dirty").isNull()
            ? "changes unknown"
            : count(mirror, "dirty", "change", "changes") + " under way";
    line(
        2,
        dirty
            + ", lag "
            + Amounts.duration(Duration.ofMillis(mirror.get("lag_ms").asLong()))
            + ", "
            + Amounts.count(mirror.get("files_per_second").asDouble())
            + " files/s, "
            + Amounts.bytes(mirror.get("bytes_per_second").asDouble())
            + "/s");
    JsonNode commands = mirror.get("commands");
    if (commands.isNull()) {
      applied(mirror);
    } else {
      commands(commands);
    }
    JsonNode problems = mirror.get("problems");
    for (int i = 0; i < Math.min(PROBLEMS_MAX, problems.size()); i++) {
      line(2, "tried again: " + problems.get(i).asString());
    }
    if (problems.size() > PROBLEMS_MAX) {
      line(2, "and " + (problems.size() - PROBLEMS_MAX) + " more; --json has them");
    }
  }

  private void commands(JsonNode commands) {
    line(
        2,
        Amounts.count(commands.get("running").asDouble(), "command runs", "commands run")
            + ", "
            + Amounts.count(commands.get("waiting").asDouble())
            + " wait, "
            + Amounts.count(commands.get("ended").asDouble())
            + " have ended, "
            + Amounts.count(commands.get("failed").asDouble())
            + " of them with another status than 0");
  }

  private void applied(JsonNode mirror) {
    List<String> counts = new ArrayList<>();
    counts.add(count(mirror, "files_applied", "file", "files") + " put into place");
    counts.add(
        count(mirror, "files_renamed", "file", "files")
            + " and "
            + count(mirror, "directories_renamed", "directory", "directories")
            + " renamed");
    counts.add(count(mirror, "deleted", "name", "names") + " removed");
    counts.add(count(mirror, "rescans", "rescan", "rescans") + rescans(mirror));
    counts.add(count(mirror, "reconnects", "reconnect", "reconnects"));
    line(2, String.join(", ", counts));
    audits(mirror);
    mounts(mirror.get("mounts"));
  }

  private static String count(JsonNode in, String key, String one, String many) {
    return Amounts.count(in.get(key).asDouble(), one, many);
  }

  private static String rescans(JsonNode mirror) {
    List<String> counts = new ArrayList<>();
    for (Rescan why : Rescan.values()) {
      long count = mirror.path("rescans_by_reason").path(why.word()).asLong(0);
      if (count > 0) {
        counts.add(Amounts.count(count, why.singular(), why.plural()));
      }
    }
    return counts.isEmpty() ? "" : " (" + String.join(", ", counts) + ")";
  }

  private void mounts(JsonNode mounts) {
    List<String> left = new ArrayList<>();
    for (JsonNode mount : mounts) {
      String shown = mount.get("path").asString() + " (" + mount.get("type").asString() + ")";
      if (mount.get("mirrored").asBoolean()) {
        line(2, "mount " + shown + " by " + mount.get("rung").asString());
      } else {
        left.add(shown);
      }
    }
    if (left.size() > MOUNTS_MAX) {
      int more = left.size() - MOUNTS_MAX;
      left.subList(MOUNTS_MAX, left.size()).clear();
      left.add(more + " more; --json has them");
    }
    if (!left.isEmpty()) {
      line(2, "not mirrored, because mounted below the source: " + String.join(", ", left));
    }
  }

  private void audits(JsonNode mirror) {
    JsonNode last = mirror.get("last_audit");
    if (last.isNull()) {
      line(2, "no audit yet");
    } else {
      String when = "audit " + since(last.get("at")) + " ago: " + last.get("outcome").asString();
      line(2, when + what(last));
      drift(last);
    }
    long faults = mirror.path("audit_faults").asLong(0); // one of an older Godwit has none
    if (faults > 0) {
      String count = Amounts.count(faults, "audit has", "audits have");
      line(
          2,
          count
              + " failed inside by a fault in Godwit itself, which tries again; please report it");
    }
    JsonNode now = mirror.get("audit");
    if (!now.isNull()) {
      String upTo = now.get("up_to").isNull() ? "" : now.get("up_to").asString();
      line(
          2,
          "an audit began "
              + since(now.get("at"))
              + " ago"
              + (upTo.isEmpty() ? "" : ", is at " + upTo)
              + what(now));
      drift(now);
    }
  }

  private static String what(JsonNode audit) {
    long parts = audit.get("parts").asLong();
    return (audit.get("content").asBoolean() ? ", contents too" : "")
        + (parts > 1 ? ", in " + parts + " parts" : "")
        + ", "
        + count(audit, "changed", "name", "names")
        + " put right";
  }

  private void drift(JsonNode audit) {
    JsonNode first = audit.get("drift");
    if (first.isEmpty()) {
      return;
    }
    String count = Amounts.count(audit.get("drifted").asDouble());
    line(4, count + " of them differed, and no change was told:");
    for (int i = 0; i < Math.min(PROBLEMS_MAX, first.size()); i++) {
      line(4, first.get(i).asString());
    }
    if (audit.get("drifted").asLong() > PROBLEMS_MAX) {
      line(4, "and more; --json has the first " + first.size());
    }
  }

  private String since(JsonNode instant) {
    Duration past = Duration.between(Instant.parse(instant.asString()), now);
    return Amounts.duration(past.isNegative() ? Duration.ZERO : past);
  }

  private void line(int indent, String line) {
    text.append(Wrap.at(width, indent + 2, " ".repeat(indent) + line)).append('\n');
  }
}
