package dev.godwit.sync.rules;

/** What becomes of an option of rsync(1) here. */
public enum OptionState {
  /** It does what it does in rsync. */
  WORKS("works"),
  /** It is taken and changes nothing; {@code -v} says why. */
  NO_EFFECT("no effect"),
  /** It is an error that says what to use instead. */
  REFUSED("refused");

  private final String title;

  OptionState(String title) {
    this.title = title;
  }

  public String title() {
    return title;
  }
}
