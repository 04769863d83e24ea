package dev.godwit.sync.differential;

import java.util.List;
import java.util.Map;

/** Something that can be run as rsync is. */
interface Program {
  /** The exit value of what did not end in time. */
  int NO_END = -1;

  /** The exit value of what threw something; the stack is in the errors. */
  int CRASH = -2;

  /** How it is called in reports. */
  String name();

  /**
   * Runs it in the view of files of the calling thread, as the user that the invocation says.
   *
   * @throws InterruptedException when the thread is interrupted while it waits
   */
  Outcome run(Invocation invocation) throws InterruptedException;

  /**
   * One run.
   *
   * @param arguments without the program's name
   * @param directory the working directory
   * @param environment the whole of it
   * @param user the id of user and group; 0 for root
   */
  record Invocation(
      List<String> arguments,
      String directory,
      Map<String, String> environment,
      int umask,
      int user) {}

  /**
   * How it ended.
   *
   * @param exit its status; {@link #NO_END} when it did not end in time
   * @param output a char is a byte
   * @param errors a char is a byte
   */
  record Outcome(int exit, String output, String errors, Window window) {}
}
