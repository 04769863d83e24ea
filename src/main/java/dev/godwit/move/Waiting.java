package dev.godwit.move;

import dev.godwit.linux.ProcessTable;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A cut-over that waits for its time, as the file beside the plan says that stands for it. It is
 * gone when the cut-over begins; of one that was killed it may be left.
 *
 * @param process its number
 * @param since when it began to wait
 * @param until a time, or what it waits for, in words
 */
public record Waiting(long process, ZonedDateTime since, String until) {
  private static final Pattern TEXT =
      Pattern.compile("process ([0-9]{1,9}), since (.+), until (.+)");

  /** Its line in the file. */
  public String text() {
    return "process %d, since %s, until %s".formatted(process, since.toOffsetDateTime(), until);
  }

  /** Where it is. */
  public static Path file(Plan plan) {
    return plan.file().resolveSibling(plan.move() + ".postponed");
  }

  /** The one that waits now; empty when none does, or its process has died. */
  public static Optional<Waiting> of(Plan plan) throws IOException {
    try {
      Matcher found = TEXT.matcher(Files.readString(file(plan)).strip());
      return found.matches()
          ? Optional.of(
                  new Waiting(
                      Long.parseLong(found.group(1)),
                      ZonedDateTime.parse(found.group(2)),
                      found.group(3)))
              .filter(Waiting::isAlive)
          : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (DateTimeParseException e) {
      return Optional.empty(); // it is being written
    }
  }

  /** Whether that process is there, and none that has got its number since. */
  private boolean isAlive() {
    Instant written = since.toInstant().plusSeconds(1); // it has whole seconds
    return ProcessHandle.of(process)
        .filter(now -> ProcessTable.isLiving(process)) // Java counts those who have ended
        .filter(now -> now.info().startInstant().map(start -> !start.isAfter(written)).orElse(true))
        .isPresent();
  }

  /** For programs. */
  public Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("process", process);
    object.put("since", since.toInstant().toString());
    object.put("until", until);
    return object;
  }
}
