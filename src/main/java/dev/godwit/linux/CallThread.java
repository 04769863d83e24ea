package dev.godwit.linux;

/**
 * A platform thread that makes many system calls. It carries the native memory for them itself: a
 * look into a table of the thread for each call costs a tenth of comparing a file.
 */
public final class CallThread extends Thread {
  final Scratch scratch = new Scratch();
  final Syscall.CallState callState = new Syscall.CallState();

  /** A daemon thread, not started. */
  public CallThread(String name, Runnable task) {
    super(task, name);
    setDaemon(true);
  }
}
