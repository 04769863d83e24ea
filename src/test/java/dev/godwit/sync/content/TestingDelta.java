package dev.godwit.sync.content;

import dev.godwit.sync.content.DeltaTarget.Outcome;
import dev.godwit.sync.content.HoleWriter.Holes;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Both ends of a delta and a line between them that counts bytes. */
final class TestingDelta {
  ContentKey key = ContentKey.random();
  Verification verification = Verification.KEYED;
  int blockSize;
  boolean inPlace;
  boolean isSparse;
  Holes holes = Holes.NONE;

  /** How many steps one end makes before the other gets its turn; null: as many as it can. */
  @Nullable Random turns;

  /** Does what a new file needs beside its end. */
  Executor beside = Runnable::run;

  long toSource;
  long toTarget;

  /** Times that an end had to wait for the other. */
  int waits;

  long literal;
  long matched;

  /** Two honest ends never come to this. */
  static final class StuckException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    StuckException(String what) {
      super(what);
    }
  }

  /** Between the source's end and the target's; may change or replace messages. */
  interface Line {
    byte[] pass(byte[] message);
  }

  Line lineToTarget = message -> message;
  Line lineToSource = message -> message;

  /** Makes {@code old} into {@code wanted}; returns what came of it. */
  byte[] run(byte[] old, byte[] wanted) throws Exception {
    MemoryFile basis = new MemoryFile(old);
    MemoryFile file = inPlace ? basis : new MemoryFile();
    file.copies = true;
    Outcome outcome = run(basis, file, new MemoryFile(wanted), old.length, wanted.length);
    this.outcome = outcome;
    return file.content();
  }

  @Nullable Outcome outcome;

  Outcome run(
      RandomReader basis, RandomWriter file, RandomReader wanted, long oldSize, long wantedSize)
      throws Exception {
    DeltaShape shape = DeltaShape.of(oldSize, wantedSize, blockSize);
    DeltaResult result =
        inPlace
            ? DeltaResult.inPlace(file, holes)
            : DeltaResult.fresh(basis, isSparse, file, holes);
    DeltaTarget target =
        new DeltaTarget(shape, key, verification, basis, isSparse, result, Long.MAX_VALUE, beside);
    DeltaSource source =
        new DeltaSource(shape, key, verification, wanted, wantedSize, isSparse, inPlace);
    Deque<byte[]> toSourceQueue = new ArrayDeque<>();
    Deque<byte[]> toTargetQueue = new ArrayDeque<>();
    MessageWriter out = new MessageWriter();
    DeltaStep sourceStep = DeltaStep.AGAIN;
    DeltaStep targetStep = DeltaStep.AGAIN;
    while (targetStep != DeltaStep.DONE) {
      if (sourceStep != DeltaStep.AGAIN
          && targetStep == DeltaStep.WAITING
          && toSourceQueue.isEmpty()
          && toTargetQueue.isEmpty()) {
        throw new StuckException("both ends wait; the source is " + sourceStep);
      }
      for (int i = steps(); i > 0; i--) {
        byte[] message = toSourceQueue.poll();
        if (message != null) {
          source.receive(new MessageReader(message));
        }
        out.reset();
        sourceStep = source.step(out);
        send(out, lineToTarget, toTargetQueue, false);
        if (sourceStep != DeltaStep.AGAIN && toSourceQueue.isEmpty()) {
          waits++;
          break;
        }
      }
      for (int i = steps(); i > 0; i--) {
        byte[] message = toTargetQueue.poll();
        if (message != null) {
          target.receive(new MessageReader(message));
        }
        out.reset();
        targetStep = target.step(out);
        send(out, lineToSource, toSourceQueue, true);
        if (targetStep != DeltaStep.AGAIN && toTargetQueue.isEmpty()) {
          break;
        }
      }
    }
    if (sourceStep == DeltaStep.DONE
        && (source.literal() != target.literal() || source.matched() < target.matched())) {
      throw new StuckException("the ends count differently");
    }
    literal = target.literal();
    matched = source.matched();
    return java.util.Objects.requireNonNull(target.outcome());
  }

  private int steps() {
    return turns == null ? Integer.MAX_VALUE : turns.nextInt(1, 8);
  }

  private void send(MessageWriter out, Line line, Deque<byte[]> queue, boolean isToSource) {
    if (out.length() > 0) {
      byte[] message = line.pass(out.toBytes());
      if (isToSource) {
        toSource += message.length;
      } else {
        toTarget += message.length;
      }
      queue.add(message);
    }
  }
}
