package dev.godwit.forward.gate;

import java.io.IOException;

/** One of several things to do, of which each is to be done even where another one fails. */
interface Step {
  void run() throws IOException, InterruptedException;

  /**
   * Does it; when it fails, that is logged.
   *
   * @param otherwise what comes of it then, for people
   */
  static void tryTo(Step step, String otherwise) throws InterruptedException {
    try {
      step.run();
    } catch (IOException e) {
      System.getLogger(Step.class.getName()).log(System.Logger.Level.WARNING, otherwise, e);
    }
  }
}
