package dev.godwit.forward.ladder;

/** A {@link Trial} as a program, so that rights can be taken from it. */
final class TestingTrial {
  private TestingTrial() {}

  public static void main(String[] arguments) throws Exception {
    Trial.Result found = Trial.make();
    System.out.println(found.rung() + ": " + found.why());
  }
}
