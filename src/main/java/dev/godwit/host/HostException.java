package dev.godwit.host;

import java.io.IOException;
import java.io.Serial;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A host cannot be reached or used: which, why, and what to do, in one message for people. */
public final class HostException extends IOException {
  @Serial private static final long serialVersionUID = 1;
  private final Trouble trouble;

  /** Kinds that a caller may want to tell apart. */
  public enum Trouble {
    /** It did not answer within the limit. */
    NO_ANSWER,
    /** It was reached, but has no Java, and cannot be given one. */
    NO_JAVA,
    /** It was reached, and there is no agent for it, or nobody is allowed to start one. */
    NO_AGENT,
    /** It answers, and is another machine than the one that is meant (H61). */
    OTHER_MACHINE,
    /** It answers, and another controller has the move there (H59). */
    OTHER_CONTROLLER,
    OTHER
  }

  public HostException(Trouble trouble, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.trouble = trouble;
  }

  public HostException(String message, @Nullable Throwable cause) {
    this(Trouble.OTHER, message, cause);
  }

  public HostException(String message) {
    this(message, null);
  }

  /** Whether another machine than the one that is meant has answered. */
  public static boolean isOtherMachine(IOException e) {
    return e instanceof HostException host && host.trouble == Trouble.OTHER_MACHINE;
  }

  /** Whether the host says that another controller has the move. */
  public static boolean isOtherController(IOException e) {
    return e instanceof HostException host && host.trouble == Trouble.OTHER_CONTROLLER;
  }

  /** Whether it has answered, and is not to be used: no time will help. */
  public static boolean isRefusal(IOException e) {
    return isOtherMachine(e) || isOtherController(e);
  }

  /** Whether it was reached, and can have no agent. */
  public boolean isWithoutAgent() {
    return trouble == Trouble.NO_JAVA || trouble == Trouble.NO_AGENT;
  }

  public Trouble trouble() {
    return trouble;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNullElse(super.getMessage(), "");
  }
}
