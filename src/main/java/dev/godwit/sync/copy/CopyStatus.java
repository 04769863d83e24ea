package dev.godwit.sync.copy;

/** How a copy ended; the numbers are the exit values of rsync(1). */
public enum CopyStatus {
  DONE(0, "success"),
  USAGE(1, "syntax or usage error"),
  PROTOCOL(2, "the two sides do not understand each other"),
  FILE_SELECTION(3, "the source or the target cannot be opened"),
  UNSUPPORTED(4, "an action that is not supported here"),
  START(5, "the connection could not be begun"),
  SOCKET(10, "input or output on a socket failed"),
  FILE_IO(11, "input or output on a file failed"),
  STREAM(12, "the connection broke"),
  DIAGNOSTICS(13, "messages could not be written"),
  IPC(14, "a process on this host failed"),
  SIGNAL(20, "ended by a signal"),
  MEMORY(22, "not enough memory"),
  PARTIAL(23, "some files or attributes were not transferred"),
  DIFFERENT(23, "the source and the target differ (--verify)"),
  VANISHED(24, "some files went from the source while they were copied"),
  MAX_DELETE(25, "the limit of removals stopped removals"),
  TIMEOUT(30, "a limit of time was reached"),
  CONNECT_TIMEOUT(35, "the connection took too long to make");

  private final int exitValue;
  private final String meaning;

  CopyStatus(int exitValue, String meaning) {
    this.exitValue = exitValue;
    this.meaning = meaning;
  }

  public int exitValue() {
    return exitValue;
  }

  public String meaning() {
    return meaning;
  }

  /** The worse of two: what a run ends with when both happened. */
  public CopyStatus and(CopyStatus other) {
    return rank(other) > rank(this) ? other : this;
  }

  /** rsync reports lost files before removals that were stopped, these before vanished files. */
  private static int rank(CopyStatus status) {
    return switch (status) {
      case DONE -> 0;
      case VANISHED -> 1;
      case MAX_DELETE -> 2;
      case DIFFERENT -> 3;
      case PARTIAL -> 4;
      default -> 5;
    };
  }
}
