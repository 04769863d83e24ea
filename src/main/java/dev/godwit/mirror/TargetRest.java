package dev.godwit.mirror;

import dev.godwit.host.Host;
import dev.godwit.linux.Names;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Makes sure, over a new connection, that no session is at work on a mirror's target. */
final class TargetRest {
  /** Of the limit, for the way of the question and the answer. */
  private static final Duration WAY = Duration.ofSeconds(1);

  /** In which one that is interrupted ends what it has started, mostly. */
  private static final Duration END = Duration.ofMillis(200);

  private TargetRest() {}

  /**
   * Returns when the target host has said so.
   *
   * @throws MirrorException when it did not within the limit, or cannot be asked
   */
  static void await(MirrorJob job, Duration limit) throws MirrorException, InterruptedException {
    Duration way = limit.dividedBy(4).compareTo(WAY) < 0 ? limit.dividedBy(4) : WAY;
    Duration there = limit.minus(way); // else the far one's no would always come too late
    CompletableFuture<Boolean> answer = new CompletableFuture<>();
    // Connecting has limits of its own, which may be longer than ours.
    Thread asking =
        Thread.ofPlatform()
            .daemon()
            .name("godwit mirror " + job.name() + " asks whether the target is at rest")
            .start(
                () -> {
                  try (Host target = job.target().connect()) {
                    byte[] reply =
                        target.call(
                            MirrorRestAbility.NAME,
                            new MessageWriter()
                                .bytes(job.targetRoot())
                                .u64(there.toMillis())
                                .toBytes());
                    answer.complete(new MessageReader(reply).bool());
                  } catch (IOException | RuntimeException | Error e) {
                    answer.completeExceptionally(e);
                  }
                });
    String wanted =
        "it could not be made sure that nothing is written to "
            + Names.display(job.targetRoot())
            + " any more: ";
    try {
      if (!answer.get(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new MirrorException(wanted + "a session is still at work there");
      }
    } catch (TimeoutException e) {
      throw new MirrorException(
          wanted + "the target host gave no answer within " + limit.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw new MirrorException(wanted + (cause == null ? e : cause).getMessage(), e);
    } finally {
      if (!answer.isDone()) {
        asking.interrupt(); // it may be connecting, by a program that would outlive this one
        asking.join(END);
      }
    }
  }
}
