package dev.godwit.move;

import dev.godwit.host.Ability;
import dev.godwit.host.AbilityServer;
import dev.godwit.host.AgentFile;
import dev.godwit.host.AtOnce;
import dev.godwit.host.EpochFence;
import dev.godwit.host.FencedException;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.mirror.Mirror;
import dev.godwit.mirror.MirrorJob;
import dev.godwit.mirror.MirrorManner;
import dev.godwit.mirror.MirrorState;
import dev.godwit.mirror.MountChoice;
import dev.godwit.mirror.RootKeeper;
import dev.godwit.mirror.RootKey;
import dev.godwit.mirror.RootMemory;
import dev.godwit.mirror.RootStore;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import dev.godwit.plan.PlannedAddress;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Excludes;
import dev.godwit.sync.IdMap;
import dev.godwit.sync.copy.SeriesOwner;
import dev.godwit.wire.Channel;
import dev.godwit.wire.Connection;
import dev.godwit.wire.ConnectionSettings;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The process that {@code start} leaves behind on the controller's host: it holds the mirrors and
 * does what the controllers of the move ask for on a unix socket, and sees to it that no gate stays
 * down ({@link GateWatch}). It decides nothing by itself and writes no journal; when it is killed,
 * the next command starts it again and the mirrors look at everything once more. When another
 * controller has taken the move over, it ends, and leaves that for {@code status} ({@link
 * TakenOver}).
 *
 * <p>Invariants: it copies nothing before it was told which way; mirrors of both directions never
 * exist at once, and those of one are proven stopped before the others are made; an order of an
 * epoch that is over is refused.
 */
public final class Background {
  static final String STATUS = "background.status";
  static final String BARRIER = "background.barrier";
  static final String CATCH_UP = "background.catch-up";
  static final String AUDIT = "background.audit";
  static final String PAUSE = "background.pause";
  static final String FOLLOW = "background.follow";
  static final String REST = "background.rest";
  static final String QUIT = "background.quit";

  private static final String SOCKET = "background.sock";

  private static final Duration LOOK = Duration.ofSeconds(1);

  /**
   * After a switch, the clients that waited come to services that have just been started. Longer
   * than it takes to answer them, and shorter than anybody needs to want the way back.
   */
  private static final Duration CALM = Duration.ofSeconds(2);

  /** For mirrors that another controller has ended on the host that they write to. */
  private static final Duration END_LIMIT = Duration.ofSeconds(10);

  private static final int MOUNTS_MAX = 10_000;
  private static final int PATH_BYTES_MAX = 2 * 4096;

  private final Plan plan;
  private final Hosts hosts;
  private final EpochFence fence;

  /** Serializes the orders that change what is mirrored. */
  private final ReentrantLock orders = new ReentrantLock();

  /** Replaced as a whole, by who holds {@link #orders}; read by anybody. */
  private volatile Following following =
      new Following(null, false, List.of(), IdMap.NONE, List.of(), List.of());

  /** Of what a switch has brought about on the hosts. */
  private final List<Keeper> keepers;

  /** Whether the host that follows was left by a switch; changed by who holds {@link #orders}. */
  private boolean isFenced;

  private final LineShare line = new LineShare();
  private final CountDownLatch quit = new CountDownLatch(1);
  private final AbilityServer server;

  /**
   * The mirrors, what is remembered of each, and the host that is their source; null before anybody
   * said which.
   *
   * @param isTurned whether those of the other way have made both hosts equal before
   */
  private record Following(
      @Nullable Role source,
      boolean isTurned,
      List<MountChoice> mounts,
      IdMap owners,
      List<Mirror> mirrors,
      List<RootKeeper> roots) {}

  private Background(Plan plan, Hosts hosts, EpochFence fence) {
    this.plan = plan;
    this.hosts = hosts;
    this.fence = fence;
    this.keepers = keepers(plan, hosts);
    this.server =
        new AbilityServer(
            List.of(
                ability(STATUS, in -> status()),
                ability(BARRIER, in -> askMirrors(in, Mirror::barrier)),
                ability(CATCH_UP, in -> askMirrors(in, Mirror::catchUp)),
                // A large tree takes as long as it takes; the limit is for one that stands still.
                ability(AUDIT, in -> askMirrors(in, Mirror::auditWhileItAdvances)),
                ability(PAUSE, in -> obey(in.u64(), () -> pause(limit(in)))),
                ability(FOLLOW, in -> obey(in.u64(), () -> follow(in))),
                new RestAbility(),
                new LentHosts(hosts),
                ability(QUIT, in -> quit())));
  }

  private static List<Keeper> keepers(Plan plan, Hosts hosts) {
    List<Keeper> keepers = new ArrayList<>();
    PlannedAddress address = plan.address();
    if (address != null) {
      keepers.add(new Keeper(KeptAddress.of(plan, address, hosts), Clock.systemUTC()));
    }
    if (!plan.isWithinHost()) {
      keepers.add(new Keeper(KeptFences.of(plan, hosts), Clock.systemUTC()));
    }
    return List.copyOf(keepers);
  }

  /** What it locks as long as it runs. */
  static Path lock(Plan plan) throws IOException {
    return RuntimeDirectory.of(plan.move()).resolve(RuntimeDirectory.MIRRORS_LOCK);
  }

  /**
   * Where the controllers find it; empty where no process of the move has run, or all is removed.
   */
  static Optional<Path> socket(Plan plan) throws IOException {
    return RuntimeDirectory.find(plan.move()).map(folder -> folder.resolve(SOCKET));
  }

  /**
   * The process's main; returns when it was told to quit.
   *
   * @throws MoveException when another one runs for this move
   */
  public static void run(Path planFile) throws IOException, InterruptedException, PlanException {
    Plan plan = Plan.read(planFile);
    Path socket = RuntimeDirectory.of(plan.move()).resolve(SOCKET);
    try (FileChannel lockFile =
            FileChannel.open(lock(plan), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lockFile.tryLock()) {
      if (lock == null) {
        throw new MoveException(
            MoveException.Kind.REFUSED, "a background process runs already for " + plan.move());
      }
      // At this point we know that nobody else listens: a socket that is there is a dead one.
      Files.deleteIfExists(socket);
      ConnectionSettings settings = ConnectionSettings.of(AgentFile.running().sha256());
      try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
          Hosts hosts = Hosts.of(plan, remark -> System.err.println(remark))) {
        // Of its own: one that was started again knows what its predecessor was told.
        Path known = RuntimeDirectory.of(plan.move()).resolve("background");
        Background background = new Background(plan, hosts, EpochFence.openUntilReboot(known));
        listener.bind(UnixDomainSocketAddress.of(socket));
        background.keepers.forEach(Keeper::start);
        GateWatch.start(
            plan, hosts, () -> background.quit.getCount() == 0, background::endTakenOver);
        Thread.ofPlatform()
            .daemon()
            .name("controllers")
            .start(() -> background.acceptControllers(listener, settings));
        while (!background.quit.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
          background.following.roots().forEach(RootKeeper::tick);
          background.line.divide(background.following.mirrors());
          if (background.isFencedOff()) {
            background.endTakenOver(Controllers.takenOver(plan, hosts));
          }
        }
        background.closeMirrors();
      } finally {
        Files.deleteIfExists(socket);
      }
    }
  }

  /**
   * Mirrors that are about to be started.
   *
   * @param mounts what takes part below each tree of the plan, in its order
   * @param owners the numbers of old's users and groups on new
   * @param isTurned whether those of the other way have run until now
   * @param isNewRoot whether the roots are right, whatever they were before
   */
  private Following towards(
      Role source, List<MountChoice> mounts, IdMap owners, boolean isTurned, boolean isNewRoot)
      throws IOException {
    IdMap onTarget = source == Role.OLD ? owners : owners.inverse();
    RootStore store = Move.roots(plan);
    // One epoch for all of them, also when they connect again: a later one would end the others.
    SeriesOwner owner = new SeriesOwner(plan.move(), fence.highest());
    List<Mirror> mirrors = new ArrayList<>();
    List<RootKeeper> roots = new ArrayList<>();
    for (int i = 0; i < plan.files().size(); i++) {
      FileTree tree = plan.files().get(i);
      RootKey key =
          new RootKey(
              source.word(),
              source.root(tree),
              source.other().word(),
              source.other().root(tree),
              source.path(tree) + " of " + source.word());
      RootMemory memory = isNewRoot ? RootMemory.NONE : store.read(key);
      Mirror mirror =
          new Mirror(
              new MirrorJob(
                  source.path(tree),
                  hosts.factory(source),
                  source.root(tree),
                  hosts.factory(source.other()),
                  source.other().root(tree),
                  Excludes.patterns(tree.exclude()),
                  manner(tree, mounts.get(i), onTarget),
                  owner),
              isTurned ? memory.keptEqual() : memory);
      mirrors.add(mirror);
      roots.add(
          new RootKeeper(
              store,
              key,
              mirror::memory,
              text ->
                  System.getLogger(Background.class.getName())
                      .log(System.Logger.Level.WARNING, source.path(tree) + ": " + text)));
    }
    return new Following(source, isTurned, mounts, owners, mirrors, roots);
  }

  /**
   * A queue is empty when all is delivered; of any other tree that would be an accident (H27). Its
   * owners are put right by name before the services start. A database's files are of use only when
   * its server has stopped and all of them are there, and the hold waits for that (H70).
   */
  private MirrorManner manner(FileTree tree, MountChoice mounts, IdMap owners) {
    MirrorManner manner = MirrorManner.EXACT.with(mounts);
    if (plan.isQueue(tree)) {
      return manner.emptying();
    }
    MirrorManner mapped = manner.with(owners);
    return plan.isDatabase(tree) ? mapped.inPlace() : mapped;
  }

  private void closeMirrors() {
    following.mirrors().forEach(Mirror::close);
    following.roots().forEach(RootKeeper::end);
  }

  private void acceptControllers(ServerSocketChannel listener, ConnectionSettings settings) {
    while (true) {
      try {
        SocketChannel controller = listener.accept();
        Connection.start(
            Channels.newInputStream(controller),
            Channels.newOutputStream(controller),
            "a controller",
            server,
            settings);
      } catch (IOException e) {
        return; // The server was closed: the process ends.
      }
    }
  }

  @FunctionalInterface
  private interface Order {
    MessageWriter obey(MessageReader in) throws IOException, InterruptedException;
  }

  private static Ability ability(String name, Order order) {
    return new Ability() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
        order.obey(new MessageReader(argument)).sendTo(channel);
      }
    };
  }

  private static Duration limit(MessageReader in) throws IOException {
    return Duration.ofMillis(in.count(3_600_000));
  }

  static Role role(MessageReader in) throws WireException {
    int role = in.u8();
    if (role >= Role.values().length) {
      throw new WireException("malformed message: host " + role);
    }
    return Role.values()[role];
  }

  private MessageWriter status() {
    Following now = following;
    List<FollowStatus.Tree> trees = new ArrayList<>();
    for (int i = 0; i < now.mirrors().size(); i++) {
      String path = Objects.requireNonNull(now.source()).path(plan.files().get(i));
      trees.add(FollowStatus.Tree.of(path, now.mirrors().get(i).status(), now.isTurned()));
    }
    MessageWriter out = new MessageWriter();
    List<KeptStatus> kept = keepers.stream().flatMap(each -> each.status().stream()).toList();
    long process = ProcessHandle.current().pid();
    String begun = StartedPlan.words(plan);
    new FollowStatus(plan.file().toString(), begun, process, now.source(), trees, kept).write(out);
    return out;
  }

  /**
   * What nobody mirrors has no failure either: a process that was started again, and has not been
   * told yet who serves, must not say that all is there.
   */
  private List<Mirror> mirrorsFrom(Role source) throws IOException {
    Following now = following;
    if (now.source() != source) {
      throw new IOException(
          "%s is not mirrored: the process that has the mirrors %s"
              .formatted(
                  source.word(),
                  now.source() == null
                      ? "was started again, and has not been told which host serves"
                      : "was told that %s serves".formatted(now.source().word())));
    }
    return now.mirrors();
  }

  private interface Question {
    BarrierResult ask(Mirror mirror, Duration limit) throws IOException, InterruptedException;
  }

  /**
   * Of the host that the request names, and within its limit. Who asks is about to switch, or has
   * clients that wait.
   */
  private MessageWriter askMirrors(MessageReader in, Question question)
      throws IOException, InterruptedException {
    List<Mirror> mirrors = mirrorsFrom(role(in));
    Duration limit = limit(in);
    return told(
        line.unlimited(mirrors, () -> AtOnce.all(mirrors, mirror -> question.ask(mirror, limit))));
  }

  private static MessageWriter told(List<BarrierResult> results) {
    long failures = results.stream().mapToLong(BarrierResult::failures).sum();
    MessageWriter out = new MessageWriter().u64(failures);
    out.texts(
        results.stream()
            .flatMap(result -> result.first().stream())
            .limit(20)
            .map(Object::toString)
            .toList());
    return out;
  }

  @FunctionalInterface
  private interface Change {
    MessageWriter make() throws IOException, InterruptedException;
  }

  /** Obeys when its turn comes, unless a later epoch has begun by then. */
  private MessageWriter obey(long asked, Change change) throws IOException, InterruptedException {
    orders.lockInterruptibly();
    try {
      fence.check(asked);
      return change.make();
    } finally {
      orders.unlock();
    }
  }

  private MessageWriter pause(Duration limit) throws IOException, InterruptedException {
    return stop(mirror -> mirror.pause(limit));
  }

  private interface Stop {
    void stop(Mirror mirror) throws IOException, InterruptedException;
  }

  private MessageWriter stop(Stop how) throws IOException, InterruptedException {
    keepers.forEach(Keeper::wantNothing); // a switch may be under way
    List<Mirror> mirrors = following.mirrors();
    List<String> unused =
        line.unlimited(
            mirrors,
            () ->
                AtOnce.all(
                    mirrors,
                    mirror -> {
                      how.stop(mirror);
                      return "";
                    }));
    return new MessageWriter();
  }

  /**
   * The mirrors rest for as long as a controller keeps the channel: nothing is to be left to do for
   * one that dies.
   */
  private final class RestAbility implements Ability {
    @Override
    public String name() {
      return REST;
    }

    @Override
    public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
      MessageReader in = new MessageReader(argument);
      long asked = in.u64();
      Duration limit = limit(in);
      List<Mirror> mirrors = following.mirrors();
      try {
        // What changes all the time, as a database's log does, is copied when it is gone on with.
        obey(asked, () -> stop(mirror -> mirror.rest(limit))).sendTo(channel);
        channel.drain(); // there is nothing to say meanwhile
      } finally {
        orders.lock();
        try {
          // A later epoch has given orders of its own, and may want them to rest.
          if (fence.highest() == asked && following.mirrors() == mirrors) {
            mirrors.forEach(Mirror::resume);
            keep();
          }
        } finally {
          orders.unlock();
        }
      }
    }
  }

  private MessageWriter follow(MessageReader in) throws IOException, InterruptedException {
    Duration limit = limit(in);
    Role source = role(in);
    boolean isNewRoot = in.bool();
    IdMap owners = IdMap.read(in);
    List<MountChoice> mounts =
        in.list(
            plan.files().size(), r -> new MountChoice(r.texts(MOUNTS_MAX, PATH_BYTES_MAX), false));
    if (mounts.size() != plan.files().size()) {
      throw new WireException("malformed message: mounts of " + mounts.size() + " trees");
    }
    isFenced = in.bool();
    line.limit(in.u64());
    if (following.source() == source
        && following.mounts().equals(mounts)
        && following.owners().equals(owners)) {
      resume(isNewRoot);
      line.divide(following.mirrors());
      keep();
      return new MessageWriter();
    }
    // At most one direction: what one of them wrote, the other would carry back as it was before.
    MessageWriter done = pause(limit);
    closeMirrors();
    boolean isTurned = following.source() == source.other();
    following = towards(source, mounts, owners, isTurned, isNewRoot);
    resume(isNewRoot);
    line.divide(following.mirrors());
    following.mirrors().forEach(mirror -> mirror.start(isTurned ? CALM : Duration.ZERO));
    keep();
    return done;
  }

  private void resume(boolean isNewRoot) {
    following.mirrors().forEach(mirror -> mirror.resume(false, isNewRoot));
  }

  /** Of the order that is in force, or was before the mirrors rested. */
  private void keep() {
    Role serving = following.source();
    if (serving != null) {
      Keeper.Wanted wanted = new Keeper.Wanted(serving, fence.highest(), isFenced);
      keepers.forEach(keeper -> keeper.want(wanted));
    }
  }

  /** Whether a host lets its mirrors write no more, as orders of a later epoch have come there. */
  private boolean isFencedOff() {
    return following.mirrors().stream()
        .map(Mirror::status)
        .anyMatch(
            status ->
                status.state() == MirrorState.HALTED && FencedException.isToldBy(status.message()));
  }

  /** Nothing is left to do for a controller whose move another one has, and nothing is obeyed. */
  private void endTakenOver(String words) {
    orders.lock();
    try {
      if (quit.getCount() == 0) {
        return;
      }
      System.err.println(words);
      TakenOver.keep(plan, words);
      var unused = stop(mirror -> mirror.pause(END_LIMIT));
    } catch (IOException e) {
      System.err.println("the mirrors end, but " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      quit.countDown();
      orders.unlock();
    }
  }

  private MessageWriter quit() {
    quit.countDown();
    return new MessageWriter();
  }
}
