package dev.godwit.forward.gate;

import dev.godwit.daemon.RequestException;
import dev.godwit.forward.GateException;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.WaitingRoom;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a person tells single groups of a gate, beside the mode of the whole gate: to refuse new
 * connections, and to let go of those that are there. Neither changes where connections go, so it
 * is no decision of the move and has no epoch; it ends with the gate's process.
 *
 * <p>Invariant: what a service itself has accepted is its own, and is never touched.
 *
 * <p>Threads: any.
 */
final class GateGroups {
  /** Of a drain for which nothing else was said. */
  static final Duration DRAIN_LIMIT_DEFAULT = Duration.ofSeconds(30);

  private static final String CLOSED = "the group was closed";
  private static final long LOOK_MILLIS = 20;

  /** A way back may hold the gate's commands for as long as services take to start. */
  private static final long BUSY_SECONDS_MAX = 5;

  private final Map<String, GroupCount> groups = new LinkedHashMap<>();
  private final Relay relay;
  private final WaitingRoom room;
  private final Capture capture;

  /** The gate's. */
  private final ReentrantLock commands;

  /** What was begun for an earlier number is void. */
  private final Map<GroupCount, Long> numbers = new HashMap<>();

  GateGroups(
      List<GroupCount> groups,
      Relay relay,
      WaitingRoom room,
      Capture capture,
      ReentrantLock commands) {
    groups.forEach(group -> this.groups.put(group.group.name(), group));
    this.relay = relay;
    this.room = room;
    this.capture = capture;
    this.commands = commands;
  }

  private interface Action {
    void act(GroupCount group) throws IOException, InterruptedException;
  }

  private void command(String name, Action action) throws IOException, InterruptedException {
    GroupCount group = groups.get(name);
    if (group == null) {
      throw new RequestException(
          "there is no group " + name + " here; there is " + String.join(", ", groups.keySet()));
    }
    if (!commands.tryLock(BUSY_SECONDS_MAX, TimeUnit.SECONDS)) {
      throw new GateException(
          GateException.Kind.WRONG_MODE,
          "the gate is putting the services of this host back; try again in a moment");
    }
    try {
      action.act(group);
    } finally {
      commands.unlock();
    }
  }

  /**
   * From now on new connections of a group are refused; what is relayed for it may end, and is
   * reset at the limit. Then the group is closed.
   *
   * @throws IOException for people; nothing has changed then
   */
  void drain(String name, Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    command(
        name,
        group -> {
          refuse(group, GroupMode.DRAIN);
          long mine = next(group);
          Thread.ofPlatform()
              .daemon()
              .name("gate drain")
              .start(() -> awaitDrained(name, group, mine, end));
        });
  }

  private void awaitDrained(String name, GroupCount group, long mine, long end) {
    try {
      while (group.open.get() + group.held.get() > 0 && System.nanoTime() - end < 0) {
        if (group.refusing() != GroupMode.DRAIN) {
          return;
        }
        Thread.sleep(LOOK_MILLIS);
      }
      command(
          name,
          still -> {
            if (numbers.getOrDefault(still, 0L) == mine) {
              finish(still);
            }
          });
    } catch (IOException e) {
      System.getLogger(GateGroups.class.getName())
          .log(System.Logger.Level.ERROR, "group " + name + " stays in its drain", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * From now on new connections of a group are refused, and nothing is relayed for it when this
   * returns.
   *
   * @throws IOException for people; nothing has changed then
   */
  void close(String name) throws IOException, InterruptedException {
    command(
        name,
        group -> {
          refuse(group, GroupMode.CLOSED);
          finish(group);
        });
  }

  /** At this point new connections are refused. */
  private void finish(GroupCount group) throws InterruptedException {
    long unused = next(group);
    group.refuse(GroupMode.CLOSED);
    relay
        .loop()
        .ask(
            () -> {
              room.end(group, CLOSED);
              return true;
            });
  }

  private void refuse(GroupCount group, GroupMode mode) throws IOException, InterruptedException {
    GroupMode before = group.refusing();
    group.refuse(mode);
    try {
      capture.refuse(group);
    } catch (IOException e) {
      group.refuse(before);
      throw e;
    }
  }

  /** New connections of a group go where those of the others go. */
  void open(String name) throws IOException, InterruptedException {
    command(
        name,
        group -> {
          long unused = next(group);
          group.refuse(null);
          capture.admit(group);
        });
  }

  private long next(GroupCount group) {
    return numbers.merge(group, 1L, Long::sum);
  }
}
