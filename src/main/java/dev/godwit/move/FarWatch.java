package dev.godwit.move;

import dev.godwit.agent.WatchAbility;
import dev.godwit.host.Host;
import dev.godwit.outside.Seen;
import dev.godwit.outside.Target;
import dev.godwit.plan.Plan;
import dev.godwit.plan.Watcher;
import dev.godwit.wire.Channel;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The watch of a third host. Nothing of a switch waits for its connection, and one that cannot be
 * made, or is lost, is told and nothing more.
 */
final class FarWatch {
  /** Beyond what the watch itself waits for its last answers. */
  private static final Duration END_LIMIT = Duration.ofSeconds(20);

  private record Begun(Host host, Channel channel) {}

  private final Watcher watcher;
  private final CompletableFuture<Begun> begun;

  private FarWatch(Watcher watcher, CompletableFuture<Begun> begun) {
    this.watcher = watcher;
    this.begun = begun;
  }

  /** Begins to connect; returns at once. */
  static FarWatch begin(Plan plan, Watcher watcher, List<Target> targets, Duration limit) {
    CompletableFuture<Begun> begun = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("godwit connects " + watcher.host().display())
        .start(
            () -> {
              try {
                Host host =
                    Hosts.single(
                        Hosts.WATCHER, watcher.host().destination(), plan.ssh(), remark -> {});
                boolean isInTime =
                    begun.complete(new Begun(host, WatchAbility.begin(host, targets, limit)));
                if (!isInTime) {
                  host.close();
                }
              } catch (IOException | RuntimeException e) {
                begun.completeExceptionally(e);
              }
            });
    return new FarWatch(watcher, begun);
  }

  /**
   * Ends it.
   *
   * @throws IOException when it saw nothing, or what it saw could not be asked; for people
   */
  List<Seen> end() throws IOException, InterruptedException {
    // One that has not connected by now has not seen the switch.
    begun.completeExceptionally(new IOException("it could not be connected before the end"));
    Begun watching;
    try {
      watching = begun.join();
    } catch (CompletionException e) {
      throw failed(e);
    }
    try (Host host = watching.host()) {
      CompletableFuture<List<Seen>> seen = new CompletableFuture<>();
      Thread.ofPlatform()
          .daemon()
          .name("godwit asks " + host.name())
          .start(
              () -> {
                try {
                  seen.complete(WatchAbility.end(watching.channel()));
                } catch (IOException | RuntimeException e) {
                  seen.completeExceptionally(e);
                }
              });
      return seen.get(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS).stream()
          .map(each -> each.from(watcher.host().display()))
          .toList();
    } catch (ExecutionException e) {
      throw failed(e);
    } catch (TimeoutException e) {
      throw new IOException("it gave no answer within %d s".formatted(END_LIMIT.toSeconds()), e);
    }
  }

  private static IOException failed(Exception e) {
    Throwable cause = e.getCause();
    return new IOException(String.valueOf(cause == null ? e.getMessage() : cause.getMessage()), e);
  }
}
