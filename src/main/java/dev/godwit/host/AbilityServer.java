package dev.godwit.host;

import dev.godwit.wire.Channel;
import dev.godwit.wire.Connection;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Serves a list of abilities, on this host in process or as an agent: turns how {@link
 * Ability#serve} ends into how its channel ends.
 */
public final class AbilityServer implements Connection.Acceptor {
  private static final System.Logger LOG = System.getLogger(AbilityServer.class.getName());

  private final Map<String, Ability> abilities = new HashMap<>();

  /** How many are served that take something down; guarded by this. */
  private int takingDown;

  public AbilityServer(List<Ability> abilities) {
    for (Ability ability : abilities) {
      if (this.abilities.put(ability.name(), ability) != null) {
        throw new IllegalArgumentException("two abilities are called " + ability.name());
      }
    }
  }

  /** Serves one channel to its end, on the caller's thread. */
  @Override
  public void accept(String name, byte[] argument, Channel channel) {
    Ability ability = abilities.get(name);
    if (ability == null) {
      channel.fail("there is no ability " + name + "; use the same Godwit on both hosts");
      return;
    }
    if (ability.takesDown()) {
      count(1);
    }
    try {
      ability.serve(channel, argument);
      channel.finish();
      drain(channel);
    } catch (IOException e) {
      String message = e.getMessage();
      channel.fail(message == null ? e.getClass().getSimpleName() : message);
    } catch (InterruptedException e) {
      channel.fail(name + " was interrupted");
    } catch (InvalidPathException e) {
      channel.fail(
          NameEncoding.isCauseOf(e) ? NameEncoding.refusal(e.getInput()) : ofFault(name, e));
    } catch (RuntimeException | Error e) {
      channel.fail(ofFault(name, e));
    } finally {
      if (ability.takesDown()) {
        count(-1);
      }
    }
  }

  /** A bug: its words may hold anything (H43), so they stay on this host; its place does not. */
  private static String ofFault(String name, Throwable e) {
    LOG.log(System.Logger.Level.ERROR, "a fault in ability " + name, e);
    StackTraceElement[] stack = e.getStackTrace();
    return "a fault in Godwit itself while serving "
        + name
        + ": "
        + e.getClass().getSimpleName()
        + (stack.length == 0 ? "" : " at " + stack[0]);
  }

  @Override
  public boolean acceptNow(String name, byte[] argument, Channel channel) {
    Ability ability = abilities.get(name);
    try {
      return ability != null && ability.take(channel, argument);
    } catch (RuntimeException e) {
      return false; // a bug, which serving the channel tells
    }
  }

  private synchronized void count(int more) {
    takingDown += more;
    notifyAll();
  }

  /**
   * Waits until no ability is served any more that takes something down.
   *
   * @param limit after which it returns in any case
   */
  public synchronized void awaitTakenDown(Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    for (long left = limit.toMillis();
        takingDown > 0 && left > 0;
        left = (end - System.nanoTime()) / 1_000_000) {
      wait(left);
    }
  }

  /** Takes what still comes, so that a peer that sends on is never left waiting for room. */
  private static void drain(Channel channel) {
    try {
      channel.drain();
    } catch (WireException e) {
      // The peer closed: it has what it wanted.
    }
  }
}
