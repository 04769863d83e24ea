package dev.godwit.move;

/**
 * Whether times are asserted: by default never, since what else a machine does must not decide
 * whether a test passes.
 */
public final class TestingQuiet {
  /** {@code -Dgodwit.quiet=true}: the machine has nothing else to do. */
  public static final boolean MACHINE = Boolean.getBoolean("godwit.quiet");

  private TestingQuiet() {}
}
