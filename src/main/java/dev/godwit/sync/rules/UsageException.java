package dev.godwit.sync.rules;

import dev.godwit.sync.copy.CopyStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A command line that cannot be obeyed; nothing was done. */
public final class UsageException extends Exception {
  private static final long serialVersionUID = 1;

  private final CopyStatus status;
  private final transient List<String> problems;
  private final transient @Nullable Log log;

  /**
   * Where problems are to be told besides.
   *
   * @param path of --log-file
   * @param confineRoot directory that it has to be in; null: any
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Log(byte[] path, byte @Nullable [] confineRoot) {}

  UsageException(CopyStatus status, List<String> problems) {
    this(status, problems, null);
  }

  private UsageException(CopyStatus status, List<String> problems, @Nullable Log log) {
    super(String.join("\n", problems));
    this.status = status;
    this.problems = List.copyOf(problems);
    this.log = log;
  }

  /** The same of a command line that says where the log is; null: it does not. */
  UsageException in(byte @Nullable [] path, byte @Nullable [] confineRoot) {
    return path == null ? this : new UsageException(status, problems, new Log(path, confineRoot));
  }

  /** What the program ends with. */
  public CopyStatus status() {
    return status;
  }

  /** Null when the command line names none. */
  public @Nullable Log log() {
    return log;
  }

  /** Each of them one line. */
  public List<String> problems() {
    return problems;
  }
}
