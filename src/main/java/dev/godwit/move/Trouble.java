package dev.godwit.move;

/**
 * What keeps something from being looked after, look after look: said in the log once for as long
 * as it stays the same. One that is of Godwit's own making is said with where in the code it was.
 */
final class Trouble {
  private final String what;
  private String last = "";

  /**
   * @param what is looked after, for people
   */
  Trouble(String what) {
    this.what = what;
  }

  /** It is looked after again. */
  void end() {
    last = "";
  }

  /** Returns what keeps it from that, for people. */
  String tell(Exception e) {
    String message =
        e instanceof RuntimeException
            ? "a defect of Godwit, of which its log beside the plan says more: " + e
            : String.valueOf(e.getMessage());
    if (!message.equals(last)) {
      System.err.println(what + ": " + message);
      if (e instanceof RuntimeException) {
        e.printStackTrace();
      }
      last = message;
    }
    return message;
  }
}
