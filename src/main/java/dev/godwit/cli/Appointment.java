package dev.godwit.cli;

import dev.godwit.journal.Journal;
import dev.godwit.journal.Run;
import dev.godwit.move.Direction;
import dev.godwit.move.Finish;
import dev.godwit.move.Move;
import dev.godwit.move.Waiting;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A cut-over that waits, as a file beside the plan: it begins when its time has come, or when the
 * file is removed, by {@code --go} or by hand. The move is free for other commands meanwhile.
 *
 * <p>The kernel's lock on the file says that somebody waits: it ends with the process.
 */
final class Appointment {
  private static final Duration LOOK = Duration.ofMillis(200);

  /** From one look into the journal to the next, in looks. */
  private static final int CHANGE_LOOKS = 25;

  private Appointment() {}

  /**
   * Waits.
   *
   * @param at null for until somebody says go
   * @throws UserFailure REFUSED when it was given up, another one waits, or who serves was changed
   *     meanwhile by another command
   */
  static void await(Plan plan, Terminal terminal, @Nullable LocalTime at)
      throws IOException, UserFailure {
    Path file = Waiting.file(plan);
    ZonedDateTime time = at == null ? null : next(at, ZonedDateTime.now());
    long before = lastChange(plan).map(Run::id).orElse(0L);
    Thread waiting = Thread.currentThread();
    try (FileChannel channel =
            FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rw-------")));
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        throw new UserFailure(
            ExitCode.REFUSED,
            "a cut-over waits already: %s. To begin it: godwit cutover --go %s"
                .formatted(Files.readString(file).strip(), plan.typed()));
      }
      String when =
          time == null
              ? "somebody says so"
              : time.truncatedTo(ChronoUnit.MINUTES).toOffsetDateTime().toString();
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              (new Waiting(
                              ProcessHandle.current().pid(),
                              ZonedDateTime.now().truncatedTo(ChronoUnit.SECONDS),
                              when)
                          .text()
                      + "\n")
                  .getBytes(StandardCharsets.UTF_8)));
      try (Interruption interruption =
          Interruption.of(
              terminal,
              () -> {
                waiting.interrupt();
                return true;
              })) {
        terminal.note(
            "Waiting until %s. To begin at once: godwit cutover --go %s. To give it up: Ctrl-C."
                .formatted(when, plan.typed()));
        // The clock on the wall, read each time: it may be set, and a host may sleep.
        for (int i = 1;
            Files.exists(file) && (time == null || ZonedDateTime.now().isBefore(time));
            i++) {
          if (i % CHANGE_LOOKS == 0) {
            refuseAfterChange(plan, before);
          }
          Thread.sleep(LOOK);
        }
        refuseAfterChange(plan, before);
      } catch (InterruptedException e) {
        throw new UserFailure(
            ExitCode.REFUSED, "not done: it was given up while it waited; old serves as before");
      } finally {
        Files.deleteIfExists(file);
      }
    }
  }

  private static void refuseAfterChange(Plan plan, long before) throws IOException, UserFailure {
    Optional<Run> change = lastChange(plan).filter(run -> run.id() != before);
    if (change.isPresent()) {
      throw new UserFailure(
          ExitCode.REFUSED,
          "not done: `godwit %s` came at %s, while this cut-over waited, so it may not be wanted any more. To appoint it anew, give the command again"
              .formatted(change.get().command(), change.get().started()));
    }
  }

  /** After one of these nobody has asked for the cut-over that waits: it was asked for before. */
  private static Optional<Run> lastChange(Plan plan) throws IOException {
    Optional<Journal> found = Journal.read(Move.journalFile(plan));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (Journal journal = found.get()) {
      return journal.runs().stream()
          .filter(
              run ->
                  Direction.ofCommand(run.command()).isPresent()
                      || run.command().equals(Finish.COMMAND))
          .reduce((earlier, later) -> later);
    }
  }

  /** Tells who changes who serves that the one that waits, if one does, ends by that. */
  static void tellOfEnd(Plan plan, Terminal terminal) throws IOException {
    Optional<Waiting> waiting = Waiting.of(plan);
    if (waiting.isPresent()) {
      terminal.note(
          "A cut-over waits (%s); it is not made any more after this."
              .formatted(waiting.get().text()));
    }
  }

  /** The next time that a clock shows this. */
  static ZonedDateTime next(LocalTime at, ZonedDateTime now) {
    ZonedDateTime today = now.with(at);
    return today.isAfter(now) ? today : now.plusDays(1).with(at);
  }

  /**
   * Lets the one that waits begin.
   *
   * @throws UserFailure REFUSED when none does
   */
  static void keepNow(Plan plan) throws IOException, UserFailure {
    Path file = Waiting.file(plan);
    UserFailure nobody =
        new UserFailure(
            ExitCode.REFUSED,
            "no cut-over of this plan waits here: begin one with godwit cutover " + plan.typed());
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock != null) {
        Files.deleteIfExists(file); // of one that was killed
        throw nobody;
      }
      Files.deleteIfExists(file);
    } catch (NoSuchFileException e) {
      throw nobody;
    }
  }
}
