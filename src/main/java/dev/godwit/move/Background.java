package dev.godwit.move;

import dev.godwit.host.Ability;
import dev.godwit.host.AbilityServer;
import dev.godwit.host.AgentFile;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.mirror.Mirror;
import dev.godwit.mirror.MirrorJob;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import dev.godwit.sync.BarrierResult;
import dev.godwit.wire.Channel;
import dev.godwit.wire.Connection;
import dev.godwit.wire.ConnectionSettings;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * The process that {@code start} leaves behind on the controller's host: it holds the mirrors and
 * does what the controllers of the move ask for on a unix socket. It decides nothing by itself and
 * writes no journal; when it is killed, the next command starts it again and the mirrors look at
 * everything once more.
 */
public final class Background {
  static final String STATUS = "background.status";
  static final String BARRIER = "background.barrier";
  static final String AUDIT = "background.audit";
  static final String PAUSE = "background.pause";
  static final String RESUME = "background.resume";
  static final String QUIT = "background.quit";

  private final Plan plan;
  private final Hosts hosts;
  private final List<Mirror> mirrors = new ArrayList<>();
  private final CountDownLatch quit = new CountDownLatch(1);
  private final AbilityServer server;

  private Background(Plan plan, Hosts hosts) {
    this.plan = plan;
    this.hosts = hosts;
    this.server =
        new AbilityServer(
            List.of(
                ability(STATUS, in -> status()),
                ability(BARRIER, in -> barrier(limit(in))),
                ability(AUDIT, in -> audit(limit(in))),
                ability(PAUSE, in -> pause(limit(in))),
                ability(RESUME, in -> resume()),
                ability(QUIT, in -> quit())));
  }

  /** Where the controllers find it. */
  static Path socket(Plan plan) throws IOException {
    return RuntimeDirectory.of(plan.move()).resolve("background.sock");
  }

  /**
   * The process's main; returns when it was told to quit.
   *
   * @throws MoveException when another one runs for this move
   */
  public static void run(Path planFile) throws IOException, InterruptedException, PlanException {
    Plan plan = Plan.read(planFile);
    Path socket = socket(plan);
    try (FileChannel lockFile =
            FileChannel.open(
                socket.resolveSibling("background.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = lockFile.tryLock()) {
      if (lock == null) {
        throw new MoveException(
            MoveException.Kind.REFUSED, "a background process runs already for " + plan.move());
      }
      // At this point we know that nobody else listens: a socket that is there is a dead one.
      Files.deleteIfExists(socket);
      ConnectionSettings settings = ConnectionSettings.of(AgentFile.running().sha256());
      try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
          Hosts hosts = Hosts.of(plan)) {
        Background background = new Background(plan, hosts);
        background.startMirrors();
        listener.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofPlatform()
            .daemon()
            .name("controllers")
            .start(() -> background.acceptControllers(listener, settings));
        background.quit.await();
        background.closeMirrors();
      } finally {
        Files.deleteIfExists(socket);
      }
    }
  }

  private void startMirrors() {
    for (FileTree tree : plan.files()) {
      Mirror mirror =
          new Mirror(
              new MirrorJob(
                  tree.path(),
                  hosts.oldFactory(),
                  tree.oldRoot(),
                  hosts.newFactory(),
                  tree.newRoot(),
                  tree.exclude()));
      mirrors.add(mirror);
      mirror.start();
    }
  }

  private void closeMirrors() {
    mirrors.forEach(Mirror::close);
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

  private MessageWriter status() {
    List<FollowStatus.Tree> trees = new ArrayList<>();
    for (int i = 0; i < mirrors.size(); i++) {
      trees.add(FollowStatus.Tree.of(plan.files().get(i).path(), mirrors.get(i).status()));
    }
    MessageWriter out = new MessageWriter();
    new FollowStatus(plan.file().toString(), ProcessHandle.current().pid(), trees).write(out);
    return out;
  }

  private MessageWriter barrier(Duration limit) throws IOException, InterruptedException {
    return told(AtOnce.all(mirrors, mirror -> mirror.barrier(limit)));
  }

  private MessageWriter audit(Duration limit) throws IOException, InterruptedException {
    return told(AtOnce.all(mirrors, mirror -> mirror.audit(limit)));
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

  private MessageWriter pause(Duration limit) throws IOException, InterruptedException {
    AtOnce.all(
        mirrors,
        mirror -> {
          mirror.pause(limit);
          return "";
        });
    return new MessageWriter();
  }

  private MessageWriter resume() {
    mirrors.forEach(Mirror::resume);
    return new MessageWriter();
  }

  private MessageWriter quit() {
    quit.countDown();
    return new MessageWriter();
  }
}
