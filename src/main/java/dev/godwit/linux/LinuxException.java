package dev.godwit.linux;

import java.io.IOException;
import java.io.Serial;

/** A system call failed: which call, on what, and why. The only exception of this room. */
public final class LinuxException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  private final String call;
  private final String object;
  private final int errno;
  private final String reason;

  /**
   * @param call the call's name as in its man page
   * @param object what it was made on, already escaped for people; may be empty
   * @param errno a positive error number
   */
  public LinuxException(String call, String object, int errno) {
    this(call, object, errno, Errno.message(errno));
  }

  /** One that knows more about why than the number says. */
  LinuxException(String call, String object, int errno, String reason) {
    super(
        (object.isEmpty() ? call : call + " " + object)
            + ": "
            + reason
            + " ("
            + Errno.name(errno)
            + ")");
    this.call = call;
    this.object = object;
    this.errno = errno;
    this.reason = reason;
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
    return reason;
  }
}
