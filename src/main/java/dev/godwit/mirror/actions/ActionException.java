package dev.godwit.mirror.actions;

/** No command can be made for an event; the message says why. */
public final class ActionException extends Exception {
  private static final long serialVersionUID = 1;

  public ActionException(String message) {
    super(message);
  }

  public ActionException(String message, Throwable cause) {
    super(message, cause);
  }
}
