package dev.godwit.forward.server;

import dev.godwit.daemon.ControlSocket;
import dev.godwit.daemon.LogLines;
import dev.godwit.daemon.RulesException;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.Listen;
import dev.godwit.forward.rules.Ranges;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.ProcessTable;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The life of a forwarder in the foreground: starts, does what signals and the control socket say,
 * drains and ends.
 */
public final class ForwardProcess {
  /** What a signal asks for; any thread. */
  public enum Order {
    /** Read the rules again (SIGHUP). */
    RELOAD,
    /** Stop listening, let connections end up to the limit, then reset them (SIGTERM). */
    DRAIN,
    /** End at once (SIGINT, and a second SIGTERM). */
    END,
    /** A command has changed how a group goes: a supervisor is to know. */
    ASKED,
    /** Another process has the listening sockets: drain. */
    HANDED_OVER,
    /** The rules were read again, or could not be. */
    RELOADED,
    /** The supervisor has died. */
    ALONE
  }

  /** Where the rules come from, again at each reload. */
  @FunctionalInterface
  public interface Source {
    ForwardRules read() throws RulesException;
  }

  private static final long LOOK_MILLIS = 20;

  /** As of a fault in Godwit, which it is. */
  private static final int HANGS = 70;

  private final Source source;
  private final ForwardServer.Connector connector;
  private final LogLines log;
  private @Nullable Path keeper;
  private final LinkedBlockingQueue<Order> orders = new LinkedBlockingQueue<>();

  /**
   * @param connector how other hosts are reached
   * @param keeper where a supervisor keeps our listening sockets, until it dies; null without one
   * @param log told of what a person should know
   */
  public ForwardProcess(
      Source source, ForwardServer.Connector connector, @Nullable Path keeper, LogLines log) {
    this.keeper = keeper;
    this.source = source;
    this.connector = connector;
    this.log = log;
  }

  /** Any thread. */
  public void order(Order order) {
    orders.add(order);
  }

  /**
   * Runs until an order ends it.
   *
   * @param takeOver the control socket of a process to take over from; null for a fresh start, or
   *     one with what the supervisor has kept
   * @return connections that were reset at the end
   * @throws RulesException when the rules cannot be read at the start
   * @throws IOException for people, when a socket cannot be opened
   */
  public int run(@Nullable Path takeOver) throws RulesException, IOException, InterruptedException {
    ForwardRules rules = source.read();
    Path from = takeOver == null ? keeper : takeOver;
    if (from == null) {
      return serve(rules, ForwardServer.start(rules, List.of(), connector, log), null);
    }
    List<Listen> wanted = rules.rules().stream().flatMap(r -> r.listens().stream()).toList();
    try (HandOver handOver = ForwardControl.takeOver(from, wanted, rules.metrics())) {
      if (takeOver == null) {
        SocketKeeper.drop(from, handOver.unwanted());
      }
      return serve(rules, ForwardServer.start(rules, handOver.sockets(), connector, log), handOver);
    }
  }

  /** All that may fail comes before the old process is told that its sockets are taken. */
  private int serve(ForwardRules rules, ForwardServer server, @Nullable HandOver handOver)
      throws IOException, InterruptedException {
    try (server) {
      server.watch(this::giveUp);
      ForwardControl.SOCKETS.removeLeft();
      SocketKeeper.removeLeft(); // one with a supervisor may have been before this one
      Path wanted = rules.control();
      Path path =
          wanted == null ? ForwardControl.SOCKETS.pathOf(ProcessHandle.current().pid()) : wanted;
      try (ForwardControl control = control(rules, server, path, handOver);
          ControlSocket.Announcement announced = ForwardControl.SOCKETS.announce(path);
          ControlSocket.Announcement ofSupervisor = announceForSupervisor(path)) {
        if (handOver != null) {
          handOver.taken();
          int taken = handOver.sockets().size();
          if (taken > 0) {
            log.accept(
                "took over "
                    + (taken == 1 ? "1 listening socket" : taken + " listening sockets")
                    + "; groups go by the rules: what hold, drain, close or release asked the"
                    + " process before for has ended with it");
          }
          List<String> ended = new ArrayList<>(handOver.unwanted());
          rules.rules().forEach(rule -> rule.listens().forEach(l -> ended.remove(l.display())));
          if (!ended.isEmpty()) {
            log.accept(
                "nobody listens any more at "
                    + Ranges.display(ended)
                    + ", where the process before did: no rule has it");
          }
        }
        keep(control.path());
        watchSupervisor();
        tellEnded();
        tellStart(server, rules);
        return obey(server, path, rules);
      }
    }
  }

  private ForwardControl control(
      ForwardRules rules, ForwardServer server, Path path, @Nullable HandOver handOver)
      throws IOException {
    InetSocketAddress metrics = rules.metrics();
    ListenSocket page = handOver == null ? null : handOver.page();
    if (page == null && metrics != null) {
      page = ListenSocket.open(ForwardRules.page(metrics)).getFirst();
    }
    ListenSocket at = page;
    HandOver.Opening<ForwardControl> opening =
        () -> ForwardControl.start(server, path, at, this::order);
    return handOver == null ? opening.open() : handOver.inPlace(path, opening);
  }

  /** Who started it, and signals it, knows the number of its supervisor. */
  private ControlSocket.@Nullable Announcement announceForSupervisor(Path control) {
    return keeper == null
        ? null
        : ForwardControl.SOCKETS.announce(SocketKeeper.process(keeper), control);
  }

  /** Who forwards goes on without that too: when it dies, clients are refused until the next. */
  private void keep(Path control) {
    if (keeper != null) {
      try {
        SocketKeeper.keep(keeper, control);
      } catch (IOException e) {
        log.accept("the supervisor does not keep the listening sockets: " + e.getMessage());
      }
    }
  }

  /**
   * It ends before us only when it is killed: nobody starts us again then, nor passes signals on.
   */
  private void watchSupervisor() {
    Path of = keeper;
    if (of != null) {
      long supervisor = SocketKeeper.process(of);
      Thread.ofPlatform()
          .daemon()
          .name("watch of supervisor")
          .start(
              () -> {
                try {
                  ProcessTable.awaitEnd(supervisor);
                  order(Order.ALONE);
                } catch (LinuxException | InterruptedException e) {
                  return; // it is not noticed then
                }
              });
    }
  }

  private void tellAlone() {
    Path of = keeper;
    if (of != null) {
      keeper = null;
      long own = ProcessHandle.current().pid();
      log.accept(
          ("the supervisor (process %d) has died: this process (%d) goes on, gets the signals itself,"
                  + " and nobody starts it again; the same command with `--take-over %d` takes its"
                  + " place")
              .formatted(SocketKeeper.process(of), own, own));
    }
  }

  /** For the next one, should this one die. */
  private void note(ForwardServer server) {
    if (keeper != null) {
      try {
        SocketKeeper.note(keeper, String.join("; ", server.asked()));
      } catch (IOException e) {
        return; // less is told then
      }
    }
  }

  private void tellEnded() {
    if (keeper != null) {
      try {
        String ended = SocketKeeper.noted(keeper);
        if (!ended.isEmpty()) {
          log.accept("ended with the process before, to be asked for again if need be: " + ended);
          SocketKeeper.note(keeper, "");
        }
      } catch (IOException e) {
        return; // less is told then
      }
    }
  }

  /** Before the last of our copies is closed: else clients would come and nobody accept them. */
  private void stopKeeping() {
    if (keeper != null) {
      try {
        SocketKeeper.drop(keeper);
      } catch (IOException e) {
        log.accept("the supervisor does not let go of the listening sockets: " + e.getMessage());
      }
    }
  }

  /** Without a shutdown hook, and by no lock of what may hang. */
  private void giveUp() {
    log.last("a loop has not turned for a second: this process ends, and resets what it carried");
    Runtime.getRuntime().halt(HANGS);
  }

  private void tellStart(ForwardServer server, ForwardRules rules) throws IOException {
    server.lines().forEach(line -> log.accept("forwarding " + line));
    log.accept(DescriptorRoom.told(rules, server.connectionsMax()));
    server.shortOfPorts().forEach(log);
  }

  /**
   * @param began the rules with which the process began
   */
  private int obey(ForwardServer server, Path control, ForwardRules began)
      throws IOException, InterruptedException {
    while (true) {
      switch (orders.take()) {
        // A name may not be found for long; other orders are obeyed meanwhile.
        case RELOAD ->
            Thread.ofPlatform()
                .daemon()
                .name("forward reload")
                .start(
                    () -> {
                      reload(server, began);
                      order(Order.RELOADED);
                    });
        case RELOADED -> { // not by that thread: those that are dropped stay so
          keep(control);
          note(server);
        }
        case ASKED -> note(server);
        case ALONE -> tellAlone();
        case DRAIN -> {
          return drain(server, keeper == null);
        }
        case HANDED_OVER -> {
          log.accept("another process has taken over");
          return drain(server, true);
        }
        case END -> {
          stopKeeping();
          return server.status().connections();
        }
      }
    }
  }

  /** One at a time, so that the rules that were read last are in force last. */
  private synchronized void reload(ForwardServer server, ForwardRules began) {
    try {
      ForwardRules now = source.read();
      server.reload(now);
      log.accept("the rules were read again");
      needsRestart("the control socket", began.control(), now.control());
      needsRestart("the address of the metrics", began.metrics(), now.metrics());
      server.lines().forEach(line -> log.accept("forwarding " + line));
      server.shortOfPorts().forEach(log);
    } catch (RulesException | IOException e) {
      log.accept("the rules stay as they were: " + e.getMessage());
    }
  }

  private void needsRestart(String what, @Nullable Object began, @Nullable Object now) {
    if (!Objects.equals(began, now)) {
      log.accept(
          "%s stays %s until a restart, and is %s then".formatted(what, shown(began), shown(now)));
    }
  }

  private static String shown(@Nullable Object value) {
    return switch (value) {
      case null -> "as it is without a setting";
      case InetSocketAddress address -> Sockets.display(address);
      default -> value.toString();
    };
  }

  /**
   * @param oneMore whether the next order to drain means to end at once. It may be the first one
   *     again where that has come to a supervisor too, which passes it on: whoever signals a whole
   *     group of processes, as systemd does of its own accord, means one
   */
  private int drain(ForwardServer server, boolean oneMore)
      throws IOException, InterruptedException {
    stopKeeping();
    int open = server.drain(Duration.ZERO);
    Duration limit = server.drainLimit();
    if (open > 0) {
      log.accept(
          "draining "
              + open
              + (open == 1 ? " connection" : " connections")
              + " for up to "
              + limit.toSeconds()
              + " s; a second signal ends them at once");
    }
    long end = System.nanoTime() + limit.toNanos();
    while (open > 0 && System.nanoTime() - end < 0) {
      Order order = orders.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      if (order == Order.ALONE) {
        tellAlone();
      }
      if (order == Order.DRAIN && (oneMore || keeper == null) || order == Order.END) {
        break;
      }
      open = server.awaitEmpty(Duration.ZERO);
    }
    if (open > 0) {
      log.accept(open + (open == 1 ? " connection is reset" : " connections are reset"));
    }
    return open;
  }
}
