package dev.godwit.mirror;

import dev.godwit.sync.BarrierResult;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The barriers and audits that were asked for and are not answered yet, each with a number of its
 * own, and at most one audit.
 *
 * <p>Threads: its mirror holds its lock for every call but {@link #await}.
 */
final class Questions {
  private final Map<Long, CompletableFuture<BarrierResult>> open = new HashMap<>();
  private long next = 1;
  private @Nullable Auditing auditing;

  /** An audit that is under way. */
  private record Auditing(long number, Consumer<Report.Audited> told) {}

  /** One that was asked. */
  record Question(long number, CompletableFuture<BarrierResult> answer) {}

  Question ask() {
    Question question = new Question(next++, new CompletableFuture<>());
    open.put(question.number(), question.answer());
    return question;
  }

  /** Ends the audit that is under way, if there is one: another one takes its place. */
  void endAudit() {
    if (auditing != null) {
      CompletableFuture<BarrierResult> before = open.get(auditing.number());
      if (before != null) {
        before.completeExceptionally(new MirrorException("another audit was asked for"));
      }
    }
  }

  /**
   * The question of this number is an audit.
   *
   * @param told of how far it is, and at its end; must not wait
   */
  void audit(long number, Consumer<Report.Audited> told) {
    auditing = new Auditing(number, told);
  }

  void answered(long number, BarrierResult result) {
    CompletableFuture<BarrierResult> waiting = open.get(number);
    if (waiting != null) {
      waiting.complete(result);
    }
  }

  void advanced(Report.Audited audited) {
    if (auditing != null && auditing.number() == audited.number()) {
      auditing.told().accept(audited);
    }
  }

  void forget(Question question) {
    open.remove(question.number());
  }

  /** Nothing that is open will be answered. */
  void fail(String why) {
    open.values().forEach(answer -> answer.completeExceptionally(new MirrorException(why)));
    open.clear();
  }

  /**
   * Waits until nothing has moved on for as long as the limit says.
   *
   * @param since when that began, of the monotonic clock; may move on
   */
  static BarrierResult await(
      CompletableFuture<BarrierResult> answer, Duration limit, LongSupplier since)
      throws InterruptedException, ExecutionException, TimeoutException {
    while (true) {
      long begun = since.getAsLong();
      try {
        return answer.get(begun + limit.toNanos() - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        if (since.getAsLong() == begun) {
          throw e;
        }
      }
    }
  }
}
