package dev.godwit.move;

import dev.godwit.agent.ForgetAbility;
import dev.godwit.check.Code;
import dev.godwit.check.Finding;
import dev.godwit.check.Severity;
import dev.godwit.host.Detached;
import dev.godwit.host.FencedException;
import dev.godwit.host.HostException;
import dev.godwit.host.LockHolders;
import dev.godwit.host.ThisProgram;
import dev.godwit.journal.HeldException;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.linux.ProcessTable;
import dev.godwit.mirror.MirrorState;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code start}: the first copy and the live mirror, in a process that stays. Reads only on old.
 * Running it again while the mirror runs waits until it is live and says so. After a cut-over, the
 * same for the mirror that makes old follow new.
 */
public final class Starter {
  /**
   * What was found and did not keep the move from starting, for the report: a line each, of code,
   * words and remedy with tabs between.
   */
  public static final String REMARKS_FACT = "remarks";

  /** The name of its runs in the journal. */
  static final String COMMAND = "start";

  private static final Duration BACKGROUND_LIMIT = Duration.ofSeconds(30);
  private static final Duration BARRIER_LIMIT = Duration.ofMinutes(10);

  /** Longer than a line is usually cut and made again. */
  private static final Duration TROUBLE_MAX = Duration.ofSeconds(15);

  /** A copy of many hours goes on by itself when its line is back, and so does who waits for it. */
  private static final Duration LOST_MAX = Duration.ofMinutes(15);

  private static final Duration TROUBLE_OVER = Duration.ofSeconds(5);
  private static final Duration LOOK = Duration.ofMillis(200);

  private final Move move;
  private boolean takesOver;

  public Starter(Move move) {
    this.move = move;
  }

  /** A person says that another controller, whose the move is, is gone for good. */
  public void takeOver() {
    takesOver = true;
    move.hosts().takeOver(true);
  }

  /**
   * Returns when the host that does not serve follows the one that does.
   *
   * @param replace whether what somebody has written on the host that was left may go
   * @param isNewRoot whether the source's roots are right, whatever they were before
   * @return the phase that the move is in
   */
  public Phase run(boolean replace, boolean isNewRoot) throws IOException, InterruptedException {
    if (takesOver) {
      new OvertakenSwitch(move).settle(); // which would be refused each time to take it back
    }
    Recovery recovery = new Recovery(move);
    Phase phase = recovery.run();
    Direction direction =
        phase == Phase.PLANNED ? Direction.TO_NEW : Direction.before(phase).orElse(null);
    if (direction == null) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s cannot be started: %s".formatted(move.plan().move(), phase.objection(move.plan())));
    }
    Controllers controllers = new Controllers(move, takesOver);
    controllers.refuseBegun(Role.hosts(move.plan()));
    if (direction == Direction.TO_NEW) {
      refuseWrongRoles();
      StartedPlan.refuseForgotten(move);
    }
    controllers.take();
    move.hosts().takeOver(false);
    if (controllers.isTakenFromAnother()) {
      // If it is here: its process ends by itself, but ours is to have the place now.
      ForgetAbility.endMirrors(move.plan().move());
      TakenOver.end(move.plan()); // one that was begun by this very plan has said so at its end
    }
    if (direction == Direction.TO_NEW) {
      Machines.keep(move);
      new MovedOwners(move).lookUp();
      endOfOtherPlan();
      StartedPlan.remember(move);
    }
    move.refuseOtherMachines();
    recovery.tend(phase);
    if (replace) {
      new Stillness(move).end();
    }
    String done = "%s follows %s".formatted(direction.next().word(), direction.serving().word());
    boolean isFirst = phase == Phase.PLANNED && !isRunning(move.plan());
    Run run = move.journal().begin(COMMAND, move.raiseEpoch());
    try (BackgroundClient background = background(move)) {
      move.recordEvents(background);
      move.step(
          run,
          "follow",
          direction == Direction.TO_NEW
              ? "godwit finish --abandon " + move.plan().typed()
              : "nothing to undo",
          () -> {
            String unused = recovery.follow(direction, isNewRoot);
            String live = awaitLive(move, background, isFirst);
            // Live says that everything was looked at. That everything is there, a full disk for
            // one can prevent: the barrier knows, and tries again what only changed meanwhile.
            hasAll(background, direction.serving());
            // It may have failed after the switch back.
            Optional<Direction> last = Move.lastSwitch(move.journal());
            return last.isPresent() && last.get().after() == phase
                ? live + recovery.startAhead(last.get())
                : live;
          });
    } catch (IOException e) {
      move.journal().end(run, Outcome.FAILED, String.valueOf(e.getMessage()));
      TakenOver.refuse(move.plan());
      throw e;
    }
    AfterBoot.begin(move);
    move.reach(direction.before());
    Failover.end(move.journal()); // one that was cut off is over: the move goes on with both hosts
    move.journal().end(run, Outcome.DONE, done);
    return direction.before();
  }

  /** What was begun with other trees or services begins anew: the plan may be changed. */
  private void endOfOtherPlan() throws IOException, InterruptedException {
    Optional<BackgroundClient> running = find(move.plan());
    if (running.isPresent()) {
      try (BackgroundClient client = running.get()) {
        if (!client.status().begun().equals(StartedPlan.words(move.plan()))) {
          move.listener()
              .note("The mirrors: " + ended(end(move, client)) + ", and begin with the plan's");
        }
      }
    }
  }

  /**
   * Ends the process of the mirrors, in order.
   *
   * @return why not all of it is on the other host; empty when it is, as far as is known
   */
  static Optional<String> end(Move move, BackgroundClient client)
      throws IOException, InterruptedException {
    LockHolders process = LockHolders.of(List.of(Background.lock(move.plan())));
    Optional<String> lacks = Optional.empty();
    move.recordEvents(client);
    try {
      // In order: nothing half-made is left where it writes.
      client.pause(move.epoch(), BACKGROUND_LIMIT);
    } catch (IOException e) {
      lacks = Optional.of(String.valueOf(e.getMessage()));
    }
    client.quit();
    process.awaitEnd(BACKGROUND_LIMIT);
    return lacks;
  }

  /** What {@link #end} has done, in one line for people. */
  static String ended(Optional<String> lacks) {
    return lacks.map(why -> "ended, but " + why).orElse("ended");
  }

  /**
   * Measured, not believed (H61): a journal that was lost, or the plan of a move that is over, must
   * not lead to old being copied over a new that serves.
   */
  private void refuseWrongRoles() throws IOException {
    Map<String, Long> sizes = new HashMap<>();
    List<Finding> bad =
        Preflight.withoutChecks(move.plan(), move.hosts(), sizes::putAll).stream()
            .filter(finding -> finding.severity() != Severity.GOOD)
            .toList();
    List<Finding> errors =
        bad.stream().filter(finding -> finding.code().keepsFromStarting()).toList();
    if (!errors.isEmpty()) {
      String message =
          "%s cannot be started:\n  %s"
              .formatted(
                  move.plan().move(),
                  String.join("\n  ", errors.stream().map(Starter::said).toList()));
      if (errors.stream().anyMatch(each -> each.code() == Code.UNREACHABLE)) {
        throw new HostException(message);
      }
      boolean isWrongHost = errors.stream().anyMatch(each -> each.code() == Code.OTHER_MACHINE);
      throw new MoveException(
          isWrongHost ? MoveException.Kind.REFUSED : MoveException.Kind.FAILED, message);
    }
    move.journal()
        .setFact(REMARKS_FACT, String.join("\n", bad.stream().map(Starter::remark).toList()));
    MeasuredTrees.keep(move.journal(), sizes);
  }

  private static String said(Finding finding) {
    return switch (finding.code()) {
      case UNREACHABLE, OTHER_MACHINE, OTHER_CONTROLLER -> finding.what(); // which says what to do
      default -> "%s\n    -> %s".formatted(finding.what(), finding.remedy());
    };
  }

  private static String remark(Finding finding) {
    return String.join(
        "\t",
        finding.code().word(),
        finding.what().replaceAll("[\t\n]", " "),
        finding.remedy().replaceAll("[\t\n]", " "));
  }

  private void hasAll(BackgroundClient background, Role source) throws IOException {
    try {
      if (move.plan().databases().isEmpty()) {
        background.barrier(source, BARRIER_LIMIT);
      } else {
        // A database's server writes its log all the time; the barrier after its stop has it.
        background.audit(source, BARRIER_LIMIT);
      }
    } catch (MoveException e) {
      throw new MoveException(
          e.kind(),
          "%s. The mirror goes on and tries again; when the cause is removed: godwit start %s"
              .formatted(e.getMessage(), move.plan().typed()),
          e);
    }
  }

  /**
   * Waits until every mirror is live, however long they copy.
   *
   * @throws MoveException FAILED when one has halted, or does not even begin, or there is none: the
   *     process that had them has died
   */
  static String awaitLive(Move move, BackgroundClient background)
      throws IOException, InterruptedException {
    return awaitLive(move, background, false);
  }

  /**
   * The same.
   *
   * @param isFirst whether mirrors that do not begin are ended: nobody waits for them yet, and one
   *     that got its turn later would write to new unasked
   */
  private static String awaitLive(Move move, BackgroundClient background, boolean isFirst)
      throws IOException, InterruptedException {
    Map<String, Trouble> troubles = new HashMap<>();
    MeasuredTrees measured = MeasuredTrees.of(move.journal());
    while (true) {
      FollowStatus status = background.status().measured(measured);
      if (status.source() == null) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "neither host follows the other one: the mirrors have ended. To go on: godwit start %s"
                .formatted(move.plan().typed()));
      }
      long files = status.trees().stream().mapToLong(FollowStatus.Tree::files).sum();
      long bytes = status.trees().stream().mapToLong(FollowStatus.Tree::bytes).sum();
      // Less than is done already: it is not known.
      long total =
          status.isTotalKnown()
              ? status.trees().stream().mapToLong(FollowStatus.Tree::bytesTotal).sum()
              : -1;
      for (FollowStatus.Tree tree : status.trees()) {
        if (tree.state() == MirrorState.HALTED) {
          if (FencedException.isToldBy(tree.message())) {
            throw new MoveException(
                MoveException.Kind.REFUSED, Controllers.takenOver(move.plan(), move.hosts()));
          }
          throw new MoveException(
              MoveException.Kind.FAILED,
              "the mirror of %s has halted: %s If it is right as it is: godwit start --new-root %s"
                  .formatted(tree.path(), sentence(tree.message()), move.plan().typed()));
        }
        Trouble trouble = troubles.computeIfAbsent(tree.path(), path -> new Trouble());
        String why = trouble.lasting(tree);
        if (why != null && trouble.mustBeTold()) {
          move.listener().note("%s: %s. It is tried again and again".formatted(tree.path(), why));
        }
        if (why != null && trouble.isTooMuch()) {
          boolean isEnded = isFirst && !trouble.hasBegun && endFirst(move, background);
          throw new MoveException(
              MoveException.Kind.FAILED,
              "the mirror of %s does not %s: %s. %s; when the cause is removed: godwit start %s"
                  .formatted(
                      tree.path(),
                      trouble.hasBegun ? "go on" : "begin",
                      why,
                      isEnded ? "Nothing goes on trying" : "It goes on trying",
                      move.plan().typed()));
        }
      }
      if (status.live()) {
        long copied = status.trees().stream().mapToLong(FollowStatus.Tree::copied).sum();
        return "%d files, %d bytes copied; the mirror is live%s"
            .formatted(files, copied, remarks(status));
      }
      if (status.isCopying()) {
        move.listener().progress(files, bytes, total);
      }
      Thread.sleep(LOOK);
    }
  }

  /**
   * @return whether they have ended; what is in the way is told
   */
  private static boolean endFirst(Move move, BackgroundClient background)
      throws InterruptedException {
    try {
      move.listener().note("The mirrors: " + ended(end(move, background)));
      return true;
    } catch (IOException e) {
      move.listener().note("The mirrors do not end: " + e.getMessage());
      return false;
    }
  }

  private static String sentence(String words) {
    return words.endsWith(".") ? words : words + ".";
  }

  /** What a person should know of mirrors that are live: what new's file system cannot have. */
  private static String remarks(FollowStatus status) {
    return status.trees().stream()
        .filter(tree -> !tree.message().isEmpty())
        .map(tree -> "\n  " + tree.path() + ": " + tree.message())
        .collect(Collectors.joining());
  }

  /**
   * A mirror that is connected anew again and again, such as one whose root cannot be made on new.
   * A line that is cut for some seconds is none, nor is one that a long copy has survived.
   */
  private static final class Trouble {
    private long since;
    private long copyingSince;
    private String message = "";
    private boolean isTold;

    /** Whether it has worked for a while, or has nothing left to do: it can. */
    private boolean hasBegun;

    /** The last thing that was in the way, once it has been so for long. */
    @Nullable String lasting(FollowStatus.Tree tree) {
      long now = System.nanoTime();
      hasBegun |= tree.state() == MirrorState.LIVE;
      if (tree.state() == MirrorState.RECONNECTING) {
        since = since == 0 ? now : since;
        copyingSince = 0;
        message = tree.message().isEmpty() ? message : tree.message();
      } else {
        copyingSince = copyingSince == 0 ? now : copyingSince;
        if (now - copyingSince > TROUBLE_OVER.toNanos()) {
          since = 0;
          isTold = false;
          hasBegun = true;
        }
      }
      return lastsFor(TROUBLE_MAX) ? message : null;
    }

    private boolean lastsFor(Duration limit) {
      return since != 0 && System.nanoTime() - since > limit.toNanos();
    }

    /** Whether nobody waits for its end any more. */
    boolean isTooMuch() {
      return !hasBegun || lastsFor(LOST_MAX);
    }

    /** Whether a person is to be told of it now: once, when it will be waited for. */
    boolean mustBeTold() {
      boolean isNew = !isTold && !isTooMuch();
      isTold |= isNew;
      return isNew;
    }
  }

  /**
   * For whoever finds in passing that the mirrors have died: they go on, unless a command holds the
   * move, which sees to it itself.
   *
   * @return whether they do
   */
  public static boolean goOn(Plan plan) throws IOException, InterruptedException {
    return goOn(plan, "status");
  }

  /**
   * The same.
   *
   * @param command who finds it, for whoever comes second
   */
  static boolean goOn(Plan plan, String command) throws IOException, InterruptedException {
    TakenOver.refuse(plan);
    try (Move move = Move.open(plan, command, MoveListener.SILENT)) {
      Optional<Direction> direction = Direction.before(move.phase());
      if (direction.isEmpty()) {
        return false;
      }
      String unused = new Recovery(move).follow(direction.get());
      return true;
    } catch (HeldException e) {
      return false;
    }
  }

  /**
   * The background process of the move; empty when it does not run.
   *
   * @throws MoveException REFUSED when it is of another plan, or of other trees and services
   */
  static Optional<BackgroundClient> running(Plan plan) throws IOException {
    Optional<BackgroundClient> running = find(plan);
    if (running.isPresent()) {
      try {
        StartedPlan.refuseOthers(plan, running.get().status().begun());
      } catch (IOException e) {
        running.get().close();
        throw e;
      }
    }
    return running;
  }

  private static boolean isRunning(Plan plan) throws IOException {
    Optional<BackgroundClient> running = find(plan);
    running.ifPresent(BackgroundClient::close);
    return running.isPresent();
  }

  private static Optional<BackgroundClient> find(Plan plan) throws IOException {
    Optional<BackgroundClient> running = BackgroundClient.find(plan);
    if (running.isPresent()) {
      FollowStatus status = running.get().status();
      if (!status.plan().equals(plan.file().toString())) {
        running.get().close();
        throw new MoveException(
            MoveException.Kind.REFUSED,
            "a move named %s runs here already, from %s: give one of them another name"
                .formatted(plan.move(), status.plan()));
      }
    }
    return running;
  }

  /**
   * The background process of the move; started when it does not run.
   *
   * @throws MoveException REFUSED when the plan has other trees or services than are followed
   */
  static BackgroundClient background(Move move) throws IOException, InterruptedException {
    Plan plan = move.plan();
    StartedPlan.refuseOthers(move);
    Optional<BackgroundClient> running = running(plan);
    if (running.isPresent()) {
      BackgroundClient client = running.get();
      if (client.status().begun().equals(StartedPlan.words(plan))) {
        return client;
      }
      try (client) { // the same ones in another order, by which they are known to it
        Optional<String> unused = end(move, client);
      }
    }
    Path log = plan.file().resolveSibling(plan.move() + ".log");
    List<String> command = ThisProgram.command(512, "background", plan.file().toString());
    long process = Detached.start(command, log);
    long until = System.nanoTime() + BACKGROUND_LIMIT.toNanos();
    while (System.nanoTime() < until) {
      Optional<BackgroundClient> started = BackgroundClient.find(plan);
      if (started.isPresent()) {
        return started.get();
      }
      if (!ProcessTable.isLiving(process)) {
        break;
      }
      Thread.sleep(Duration.ofMillis(20));
    }
    throw new MoveException(
        MoveException.Kind.FAILED,
        "the background process of %s did not start; its log is %s".formatted(plan.move(), log));
  }
}
