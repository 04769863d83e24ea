package dev.godwit.move;

import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.plan.Database;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import dev.godwit.service.Check;
import dev.godwit.service.Mailboxes;
import dev.godwit.service.Service;
import dev.godwit.sync.Compare;
import dev.godwit.sync.CompareResult;
import dev.godwit.sync.Difference;
import dev.godwit.wire.PeerFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code verify}: reads the trees of both hosts to their last byte and says what differs, and asks
 * whether mail clients would find what they remember. Between a start and a finish, whichever host
 * serves.
 *
 * <p>Invariants: nothing is changed on either host, and nothing that differs is put right; what is
 * only on its way to the other host is no difference ({@link Suspects}).
 */
public final class Verification {
  public static final String COMMAND = "verify";

  /** For what the mirrors have noticed to be brought over; a large file may be on its way. */
  private static final Duration CATCH_UP_LIMIT = Duration.ofMinutes(10);

  private static final Duration MAILBOXES_LIMIT = Duration.ofMinutes(2);

  /** Looks at what differed. What is in another state at each of them changes all the time. */
  private static final int LOOKS_MAX = 6;

  /** Between two of them, longer each time: what is written in bursts comes to rest in between. */
  private static final Duration PAUSE = Duration.ofMillis(300);

  /** How often is said how far it is. */
  private static final Duration TELL_EVERY = Duration.ofMillis(100);

  private static final int NAMED_MAX = 3;

  private final Move move;
  private final Plan plan;

  public Verification(Move move) {
    this.move = move;
    this.plan = move.plan();
  }

  /**
   * What was found of one tree.
   *
   * @param path on the host that serves
   * @param notCompared why it was not; null when it was
   * @param looked at all of it; null when it was not compared
   * @param differs how many names differ
   * @param differing the first of them
   * @param changing names that were in another state at each look
   */
  public record Tree(
      String path,
      @Nullable String notCompared,
      @Nullable CompareResult looked,
      long differs,
      List<Difference> differing,
      List<Difference> changing) {
    private static Tree notCompared(String path, String why) {
      return new Tree(path, why, null, 0, List.of(), List.of());
    }
  }

  /**
   * What was found of the mailboxes of one user.
   *
   * @param notCompared why they were not; null when they were
   * @param summary how many they are, for people
   * @param with what they were compared with, for people
   */
  public record Mail(
      String user,
      @Nullable String notCompared,
      String summary,
      String with,
      List<String> differences) {
    private static Mail notCompared(Check.Imap login, String why) {
      return new Mail(login.user(), why, "", "", List.of());
    }

    private static Mail compared(Mailboxes all, String with, List<String> differences) {
      return new Mail(all.user(), null, all.summary(), with, differences);
    }

    /** One line for people. */
    public String text() {
      return notCompared != null
          ? "mailboxes of %s: not compared: %s".formatted(user, notCompared)
          : differences.isEmpty()
              ? "%s: UIDVALIDITY and UIDs as %s".formatted(summary, with)
              : "%s: not as %s: %s".formatted(summary, with, String.join("; ", differences));
    }
  }

  /**
   * What was found.
   *
   * @param serving the host that serves, which comes first in what is said of a difference
   * @param next the one that follows it
   */
  public record Result(String serving, String next, List<Tree> trees, List<Mail> mail) {
    public boolean isEqual() {
      return differs() == 0;
    }

    /** Of names, and of users whose mailboxes do. */
    public long differs() {
      return trees.stream().mapToLong(Tree::differs).sum()
          + mail.stream().filter(each -> !each.differences().isEmpty()).count();
    }

    /** For people. */
    public String sentence() {
      return (isEqual() ? equal() : different()) + notCompared();
    }

    private String equal() {
      int changing = trees.stream().mapToInt(tree -> tree.changing().size()).sum();
      return "%s has all that %s has%s"
          .formatted(
              next,
              serving,
              changing == 0
                  ? ""
                  : ", but for %d names that change all the time".formatted(changing));
    }

    private String different() {
      List<String> first = new ArrayList<>();
      for (Tree tree : trees) {
        tree.differing().forEach(one -> first.add(tree.path() + "/" + one));
      }
      mail.forEach(each -> first.addAll(each.differences()));
      return "%d differ: %s%s"
          .formatted(
              differs(),
              first.stream().limit(NAMED_MAX).collect(Collectors.joining("; ")),
              first.size() > NAMED_MAX ? "; and more" : "");
    }

    private String notCompared() {
      List<String> not = new ArrayList<>();
      trees.stream().filter(tree -> tree.looked() == null).map(Tree::path).forEach(not::add);
      mail.stream()
          .filter(each -> each.notCompared() != null)
          .map(each -> "mailboxes of " + each.user())
          .forEach(not::add);
      return not.isEmpty() ? "" : "; not compared: " + String.join(", ", not);
    }
  }

  /**
   * Compares.
   *
   * @throws MoveException REFUSED when nothing follows; FAILED when something could not be compared
   *     at all, or it was stopped by hand
   */
  public Result run() throws IOException, InterruptedException {
    Phase phase = move.phase();
    Direction direction = Direction.before(phase).orElse(null);
    if (direction == null) {
      throw refused(phase.sentence(plan.isWithinHost()) + "; " + wayOut(phase));
    }
    try (BackgroundClient background = background(direction)) {
      Run run = move.journal().begin(COMMAND, move.epoch());
      try {
        move.stopping().allow();
        Result result = new Look(run, direction, background).perform();
        move.journal()
            .end(run, result.isEqual() ? Outcome.DONE : Outcome.FAILED, result.sentence());
        return result;
      } catch (IOException | InterruptedException e) {
        if (move.stopping().end()) {
          move.journal().end(run, Outcome.FAILED, "stopped by hand");
          throw new MoveException(
              MoveException.Kind.FAILED, "it was stopped by hand; nothing was changed", e);
        }
        move.journal().end(run, Outcome.FAILED, String.valueOf(e.getMessage()));
        throw e;
      }
    }
  }

  private MoveException refused(String why) {
    return new MoveException(
        MoveException.Kind.REFUSED, "%s cannot be verified: %s".formatted(plan.move(), why));
  }

  private String wayOut(Phase phase) {
    return switch (phase) {
      case PLANNED -> "first: godwit start " + plan.typed();
      case SWITCHING ->
          "it was cut off. godwit cutover goes on with it, godwit rollback takes it back";
      case SWITCHING_BACK ->
          "it was cut off. godwit rollback goes on with it, godwit cutover takes it back";
      case FINISHED ->
          "what new has accepted since then is not on old. Two trees are compared with: godwit sync -aHAX --delete --verify SRC/ DST/";
      case FOLLOWING, NEW_SERVES -> throw new IllegalArgumentException("nothing is in the way");
    };
  }

  /** It is not started here: that would change what is to be looked at. */
  private BackgroundClient background(Direction direction) throws IOException {
    Optional<BackgroundClient> running = Starter.running(plan);
    if (running.isPresent() && running.get().status().source() == direction.serving()) {
      return running.get();
    }
    running.ifPresent(BackgroundClient::close);
    throw refused(
        "%s does not follow %s just now, because the mirror's process has ended; first: godwit start %s"
            .formatted(direction.next().word(), direction.serving().word(), plan.typed()));
  }

  /** A tree that is compared. */
  private static final class Pair {
    final FileTree tree;
    final Compare.Tree serving;
    final Compare.Tree next;
    final CompareResult looked;
    final Suspects suspects;

    Pair(FileTree tree, Compare.Tree serving, Compare.Tree next, Compare.Listener listener)
        throws IOException {
      this.tree = tree;
      this.serving = serving;
      this.next = next;
      this.looked = Compare.run(serving, next, tree.exclude(), true, listener);
      this.suspects = new Suspects(looked.first());
    }

    void lookAgain() throws IOException {
      if (!suspects.isSettled()) {
        suspects.lookedAgain(Compare.again(serving, next, tree.exclude(), suspects.all()));
      }
    }

    /** What there were too many of to look at them again counts as it was seen. */
    long differs() {
      return suspects.differing().size() + looked.differences() - looked.first().size();
    }

    Tree found(String path) {
      return new Tree(path, null, looked, differs(), suspects.differing(), suspects.changing());
    }
  }

  /** One verification; its fields are what the steps learn. */
  private final class Look {
    private final Run run;
    private final BackgroundClient background;
    private final Direction direction;
    private final Side serving;
    private final Side next;
    private final Map<FileTree, Pair> pairs = new LinkedHashMap<>();
    private final Map<FileTree, String> obstacles = new LinkedHashMap<>();
    private long told;

    Look(Run run, Direction direction, BackgroundClient background) throws IOException {
      this.run = run;
      this.direction = direction;
      this.background = background;
      this.serving = Side.of(move, direction.serving());
      this.next = Side.of(move, direction.next());
    }

    Result perform() throws IOException, InterruptedException {
      step("follow", this::follow);
      List<Mail> mail = new ArrayList<>();
      if (services().stream().anyMatch(service -> !RememberedMailboxes.logins(service).isEmpty())) {
        step("mailboxes", () -> mailboxes(mail));
      }
      for (FileTree tree : plan.files()) {
        Optional<Service> server = runningServer(tree);
        if (server.isPresent()) {
          obstacles.put(tree, writes(server.get()));
        } else {
          step("compare", () -> compare(tree));
        }
      }
      if (pairs.values().stream().anyMatch(pair -> !pair.suspects.isSettled())) {
        step("again", this::again);
      }
      return new Result(
          serving.word(), next.word(), plan.files().stream().map(this::found).toList(), mail);
    }

    private void step(String name, Move.Work work) throws IOException, InterruptedException {
      move.step(run, name, "nothing to undo", work);
    }

    private List<Service> services() {
      return PlanServices.of(plan);
    }

    private String follow() throws IOException, InterruptedException {
      String live = Starter.awaitLive(move, background);
      new TreeMounts(move).refuseUnequal(direction);
      return live;
    }

    private Optional<Service> runningServer(FileTree tree) throws IOException {
      for (Database database : plan.databases()) {
        if (database.data().equals(tree.path())) {
          for (Service service : services()) {
            if (service.name().equals(database.service()) && serving.services().runs(service)) {
              return Optional.of(service);
            }
          }
        }
      }
      return Optional.empty();
    }

    private String writes(Service server) {
      return "%s runs on %s, and its files change while they are read; inside the hold, after its stop, they are brought over to the last byte"
          .formatted(server.name(), serving.word());
    }

    private String compare(FileTree tree) throws IOException {
      CompareResult looked;
      told = System.nanoTime();
      move.listener().progress(0, 0, 0);
      try {
        Pair pair = new Pair(tree, tree(serving, tree), tree(next, tree), this::tell);
        pairs.put(tree, pair);
        looked = pair.looked;
      } catch (PeerFailure e) {
        throw new MoveException(MoveException.Kind.FAILED, String.valueOf(e.getMessage()), e);
      }
      return "%s: %d files, %d bytes, %s"
          .formatted(
              serving.role().path(tree),
              looked.files(),
              looked.bytes(),
              looked.isEqual()
                  ? "equal, SHA-256 " + looked.digest()
                  : looked.differences() + " names to look at again");
    }

    /** Both with the numbers of old: so equal trees have one sum, whichever host serves. */
    private Compare.Tree tree(Side side, FileTree tree) throws IOException {
      Role role = side.role();
      return new Compare.Tree(
          side.host(), role.root(tree), new MovedOwners(move).asOnOld(role, tree));
    }

    private void tell(long files, long bytes) {
      long now = System.nanoTime();
      if (now - told >= TELL_EVERY.toNanos()) {
        told = now;
        move.listener().progress(files, bytes, 0);
      }
    }

    private String again() throws IOException, InterruptedException {
      Collection<Pair> all = pairs.values();
      long before = all.stream().mapToLong(pair -> pair.looked.differences()).sum();
      for (int i = 0; i < LOOKS_MAX && !all.stream().allMatch(p -> p.suspects.isSettled()); i++) {
        Thread.sleep(PAUSE.multipliedBy(i));
        background.catchUp(serving.role(), CATCH_UP_LIMIT);
        for (Pair pair : all) {
          pair.lookAgain();
        }
      }
      long differ = all.stream().mapToLong(Pair::differs).sum();
      long changing = all.stream().mapToLong(pair -> pair.suspects.changing().size()).sum();
      return "%d differ, %d change all the time, %d had only changed meanwhile"
          .formatted(differ, changing, Math.max(0, before - differ - changing));
    }

    private Tree found(FileTree tree) {
      String path = serving.role().path(tree);
      Pair pair = pairs.get(tree);
      return pair == null
          ? Tree.notCompared(path, Objects.requireNonNull(obstacles.get(tree)))
          : pair.found(path);
    }

    private String mailboxes(List<Mail> found) throws IOException, InterruptedException {
      for (Service service : services()) {
        for (Check.Imap login : RememberedMailboxes.logins(service)) {
          found.add(mail(service, login));
        }
      }
      return found.stream().map(Mail::text).collect(Collectors.joining(", "));
    }

    private Mail mail(Service service, Check.Imap login) throws IOException, InterruptedException {
      if (!serving.services().runs(service)) {
        return Mail.notCompared(
            login, "%s does not run on %s".formatted(service.name(), serving.word()));
      }
      if (!plan.isWithinHost() && next.services().runs(service)) {
        return onBoth(login);
      }
      Optional<RememberedMailboxes.Kept> kept = RememberedMailboxes.kept(move.journal(), login);
      if (kept.isPresent()) {
        Mailboxes now = serving.services().mailboxes(login, MAILBOXES_LIMIT);
        return Mail.compared(
            now,
            "on %s before the last switch".formatted(kept.get().host()),
            kept.get().mailboxes().differencesAfter(now));
      }
      return Mail.notCompared(
          login,
          "%s does not run with the files of %s, so nobody can be asked there; the %s compares them inside its hold"
              .formatted(service.name(), next.word(), direction.command()));
    }

    /** Mails come and go meanwhile. */
    private Mail onBoth(Check.Imap login) throws IOException, InterruptedException {
      Mail found = null;
      for (int i = 0; i < LOOKS_MAX && (found == null || !found.differences().isEmpty()); i++) {
        Thread.sleep(PAUSE.multipliedBy(i));
        Mailboxes here = serving.services().mailboxes(login, MAILBOXES_LIMIT);
        background.catchUp(serving.role(), CATCH_UP_LIMIT);
        Mailboxes there = next.services().mailboxes(login, MAILBOXES_LIMIT);
        found = Mail.compared(here, "on " + next.word(), here.differencesTo(there));
      }
      return Objects.requireNonNull(found);
    }
  }
}
