package dev.godwit.mirror;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the threads of a mirror beside its source share: what changed, what they were asked, and how
 * it ends. The lock guards all of it but itself; the conditions are signalled with it held, each
 * for one kind of waiting: a change wakes several threads in turn, and none that has nothing to do.
 */
final class SourceState {
  final ReentrantLock lock = new ReentrantLock();

  /** Something may be due sooner than it was. */
  final Condition due = lock.newCondition();

  /** Looks were made or the watch has told more, somebody waits for a barrier, or it is the end. */
  final Condition asked = lock.newCondition();

  /** Everything was looked at once, or nothing more is. */
  final Condition told = lock.newCondition();

  final Pending pending;

  /** What the controller waits for. */
  final Deque<Control.Barrier> barriers = new ArrayDeque<>();

  /** The newest of the watch's tickets of which all was told. */
  long flushed;

  /** With this generation everything was looked at for the first time, in pieces. */
  long firstEnd;

  /** Everything was looked at once. */
  boolean live;

  /** The controller wants the end, in order. */
  boolean finishWanted;

  /** Nothing more is looked at. */
  boolean finishing;

  /** Why nothing is done any more, for people (H27); null while it goes on. */
  @Nullable String halted;

  /** Whether it is tried again by itself: a mount may come back. */
  boolean isTriedAgain;

  /** What ended a thread of this mirror. */
  @Nullable Exception failure;

  SourceState(Pending pending, boolean isFirst) {
    this.pending = pending;
    this.firstEnd = isFirst ? Long.MAX_VALUE : 0;
  }

  boolean isEnding() {
    lock.lock();
    try {
      return finishing || halted != null;
    } finally {
      lock.unlock();
    }
  }

  /** Returns after so long, or when nothing more is looked at. */
  void awaitCalm(Duration calm) throws InterruptedException {
    lock.lock();
    try {
      long left = calm.toNanos();
      while (left > 0 && !finishing && halted == null) {
        left = told.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  boolean isLive() {
    lock.lock();
    try {
      return live;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Everything was looked at once if {@code is}, and who tells of it is woken. With the lock held.
   */
  void becomesLive(boolean is) {
    if (is && !live) {
      live = true;
      told.signalAll();
    }
  }

  /** Ends all; the first cause stays. */
  void end(@Nullable Exception cause) {
    lock.lock();
    try {
      if (!finishing && failure == null && halted == null && cause != null) {
        failure = cause;
      }
      finishing = true;
      signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The first reason stays. */
  void halt(String why, boolean again) {
    lock.lock();
    try {
      if (halted == null) {
        halted = why;
        isTriedAgain = again;
      }
      signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Wakes all that wait. With the lock held. */
  void signalAll() {
    due.signalAll();
    asked.signalAll();
    told.signalAll();
  }
}
