package dev.godwit.linux;

import java.io.IOException;
import java.io.Serial;

/** A system call failed: which call, on what, and why. The only exception of this room. */
public final class LinuxException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  private final String call;
  private final String object;
  private final int errno;

  /**
   * @param call the call's name as in its man page
   * @param object what it was made on, already escaped for people; may be empty
   * @param errno a positive error number
   */
  public LinuxException(String call, String object, int errno) {
    super(
        (object.isEmpty() ? call : call + " " + object)
            + ": "
            + Errno.message(errno)
            + " ("
            + Errno.name(errno)
            + ")");
    this.call = call;
    this.object = object;
    this.errno = errno;
  }

  /** Returns {@code result} unless it is a negated errno, which it throws. */
  public static long check(long result, String call, String object) throws LinuxException {
    if (result < 0) {
      throw new LinuxException(call, object, (int) -result);
    }
    return result;
  }

  public String call() {
    return call;
  }

  public String object() {
    return object;
  }

  public int errno() {
    return errno;
  }

  /** The reason alone, for people: {@code No space left on device}. */
  public String reason() {
    return Errno.message(errno);
  }
}
