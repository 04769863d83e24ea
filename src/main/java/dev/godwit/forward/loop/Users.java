package dev.godwit.forward.loop;

import dev.godwit.linux.Accounts;
import dev.godwit.linux.LinuxException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Users of this host for the clients of unix sockets, looked up beside the loop: a directory server
 * may need a while, and the others must not wait for it. What was found is kept for a minute.
 *
 * <p>Threads: a loop's; what is asked for is told on that loop, at once if it is known.
 */
public final class Users implements AutoCloseable {
  private static final long KEPT_NANOS = 60_000_000_000L;
  private static final int KEPT_MAX = 10_000;

  private record Known(Accounts.@Nullable User user, long nanos) {
    boolean isFresh() {
      return System.nanoTime() - nanos < KEPT_NANOS;
    }
  }

  private interface LookUp {
    Accounts.@Nullable User look() throws LinuxException;
  }

  private final EventLoop loop;
  private final Map<Object, Known> known = new HashMap<>();
  private final ExecutorService asking =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("gate users").factory());

  /** For what runs on that loop. */
  public Users(EventLoop loop) {
    this.loop = loop;
  }

  /**
   * Who has a number; told as null when nobody has.
   *
   * @param unknown run instead when that cannot be found out (H11)
   */
  public void user(int uid, Consumer<Accounts.@Nullable User> then, Runnable unknown) {
    find(uid, () -> Accounts.user(uid), then, unknown);
  }

  /** Who has a name; as above. */
  public void user(String name, Consumer<Accounts.@Nullable User> then, Runnable unknown) {
    find(name, () -> Accounts.user(name), then, unknown);
  }

  private void find(
      Object key, LookUp lookUp, Consumer<Accounts.@Nullable User> then, Runnable unknown) {
    Known before = known.get(key);
    if (before != null && before.isFresh()) {
      then.accept(before.user());
      return;
    }
    Future<?> unused =
        asking.submit(
            () -> {
              try {
                Accounts.User found = lookUp.look();
                loop.execute(() -> learn(key, found, then));
              } catch (LinuxException e) {
                System.getLogger(Users.class.getName())
                    .log(System.Logger.Level.WARNING, "the user " + key + " is not known", e);
                loop.execute(unknown);
              }
            });
  }

  private void learn(
      Object key, Accounts.@Nullable User user, Consumer<Accounts.@Nullable User> then) {
    if (known.size() >= KEPT_MAX) {
      known.clear();
    }
    known.put(key, new Known(user, System.nanoTime()));
    then.accept(user);
  }

  @Override
  public void close() {
    asking.shutdownNow();
  }
}
