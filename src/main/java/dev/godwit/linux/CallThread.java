package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A platform thread that makes many system calls. It carries the native memory for them itself: a
 * look into a table of the thread for each call costs a tenth of comparing a file.
 */
public final class CallThread extends Thread {
  final Scratch scratch = new Scratch();
  final MemorySegment callState = Arena.ofAuto().allocate(Syscall.CALL_STATE_BYTES, 8);

  /** A daemon thread, not started. */
  public CallThread(String name, Runnable task) {
    super(task, name);
    setDaemon(true);
  }
}
