package dev.godwit.move;

import dev.godwit.journal.Journal;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What went otherwise than it should while a command worked, and did not keep it from going on: the
 * journal's fact of it, for the report.
 */
public final class Warnings {
  /** A line each, of milliseconds since 1970, code and words with tabs between; oldest first. */
  public static final String FACT = "warnings";

  /** The latest; what goes wrong again and again is no news. */
  private static final int COUNT_MAX = 200;

  private static final int FIELDS = 3;

  /** What a warning is about; its word is stable, as those of findings are. */
  public enum Code {
    /** A cut-over was made that could not be rolled back. */
    NO_WAY_BACK,
    /** Nobody asked some ports as a client during a switch. */
    NOT_WATCHED,
    /** A third host was to ask the ports, and has not. */
    WATCHER_LOST,
    /** Something of the switch is not in the report, because a host could not be asked. */
    NOT_ASKED,
    /** Who comes to the next host before the release is served there. */
    SERVED_EARLY,
    /** Clients reach the host that serves by way of the other one. */
    ROUNDABOUT,
    /** What still comes to the host that was left is refused. */
    NOT_PASSED_ON,
    /** The host that does not serve falls behind. */
    NOT_FOLLOWING,
    /** A reboot of the controller's host ends the mirrors until a command is given. */
    NOT_AFTER_BOOT,
    /** A service that runs on new before it serves does not. */
    NOT_AHEAD,
    /** The background process has found something otherwise than a switch had left it. */
    FOUND_OTHERWISE,
    /** The host that serves has a check that fails, and nothing better is to be had. */
    NOT_ANSWERING,
    /** A service of the host that serves has not come back. */
    NOT_STARTED,
    /** What mail clients remember was not compared. */
    NOT_COMPARED,
    /** A hook that was to tell of a taking back has failed. */
    HOOK_FAILED,
    /** What Godwit has put up on a host that was given up is still there. */
    LEFT_BEHIND,
    /** What a rehearsal has left is not known. */
    REHEARSAL_LEFT;

    /** {@code no-way-back}. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** One of them. */
  public record Warning(Instant at, String code, String what) {}

  private Warnings() {}

  /** Adds one. */
  static void add(Journal journal, Instant at, Code code, String what) throws IOException {
    List<String> lines = new ArrayList<>(journal.fact(FACT).orElse("").lines().toList());
    lines.add("%d\t%s\t%s".formatted(at.toEpochMilli(), code.word(), what.replaceAll("\\s", " ")));
    int from = Math.max(0, lines.size() - COUNT_MAX);
    journal.setFact(FACT, String.join("\n", lines.subList(from, lines.size())));
  }

  /**
   * Adds what the background process has put right or noticed, unless it was added before: it
   * writes no journal itself, so the commands do.
   */
  static void addEvents(Journal journal, FollowStatus status) throws IOException {
    List<Warning> known = of(journal);
    for (KeptStatus kept : status.kept()) {
      for (KeptStatus.Event event : kept.events()) {
        boolean isKnown =
            known.stream()
                .anyMatch(one -> one.at().equals(event.at()) && one.what().equals(event.what()));
        if (!isKnown) {
          add(journal, event.at(), Code.FOUND_OTHERWISE, event.what());
        }
      }
    }
  }

  /** What is left on a host that was given up, as it was told last; empty when none was. */
  public static Optional<String> leftBehind(Journal journal) throws IOException {
    return of(journal).reversed().stream()
        .filter(one -> one.code().equals(Code.LEFT_BEHIND.word()))
        .map(Warning::what)
        .findFirst();
  }

  /** Those that are written down, oldest first. */
  public static List<Warning> of(Journal journal) throws IOException {
    List<Warning> all = new ArrayList<>();
    for (String line : journal.fact(FACT).orElse("").lines().toList()) {
      String[] fields = line.split("\t", FIELDS);
      all.add(new Warning(Instant.ofEpochMilli(Long.parseLong(fields[0])), fields[1], fields[2]));
    }
    return List.copyOf(all);
  }
}
