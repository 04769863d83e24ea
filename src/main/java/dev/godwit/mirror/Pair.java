package dev.godwit.mirror;

import dev.godwit.mirror.rules.MirrorRule;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One source of a process that follows several, and where its changes go: another directory, or
 * commands. {@link #tick} is called once a second by one thread; the rest by any.
 */
interface Pair extends AutoCloseable {
  MirrorRule rule();

  void start();

  /** Looks how it is doing, tells what has changed in that, and does what is due. */
  void tick();

  PairStatus status();

  /** See {@link Mirror#isUnreachable}. */
  boolean isUnreachable();

  /** See {@link Mirror#pause}. */
  void pause(Duration limit) throws IOException, InterruptedException;

  /** See {@link Mirror#resume}. */
  void resume(boolean anyRemovals, boolean newRoot) throws IOException, InterruptedException;

  /**
   * Returns when all that changed before this call has come to where it goes.
   *
   * @throws IOException for people, when it did not in time
   */
  void barrier(Duration limit) throws IOException, InterruptedException;

  /**
   * Compares both sides and puts right what differs.
   *
   * @param content whether the content of all files is compared
   * @param share of the time in which it may be at work; 1: without pauses
   * @return null: there is nothing to compare
   * @throws IOException when it could not be made, or not everything could be put right
   */
  PairStatus.@Nullable Audit audit(boolean content, double share)
      throws IOException, InterruptedException;

  /** Why the process is to end, for people; empty while it is not. */
  String end();

  /** Has all that changed come to where it goes, and stops. */
  void finish(Duration limit) throws InterruptedException;

  @Override
  void close();
}
