package dev.godwit.linux;

import java.io.File;

/**
 * Pipes to the standard input and from the standard output of a program that is about to be
 * started, wider than those that Java makes.
 */
public final class ChildPipes implements AutoCloseable {
  private final int[] in;
  private final int[] out;
  private final PipeOutput toChild;
  private final PipeInput fromChild;

  private ChildPipes(int[] in, int[] out) {
    this.in = in;
    this.out = out;
    this.toChild = new PipeOutput(in[1]);
    this.fromChild = new PipeInput(out[0]);
  }

  public static ChildPipes open() throws LinuxException {
    int[] in = Pipe.blocking();
    try {
      return new ChildPipes(in, Pipe.blocking());
    } catch (LinuxException e) {
      Sockets.close(in[0]);
      Sockets.close(in[1]);
      throw e;
    }
  }

  /** What the program's standard input is redirected from. */
  public File childInput() {
    return new File("/proc/self/fd/" + in[0]);
  }

  /** What the program's standard output is redirected to. */
  public File childOutput() {
    return new File("/proc/self/fd/" + out[1]);
  }

  public PipeOutput toChild() {
    return toChild;
  }

  public PipeInput fromChild() {
    return fromChild;
  }

  /** The program runs, or could not be started: its ends are its own. To be called once. */
  public void started() {
    Sockets.close(in[0]);
    Sockets.close(out[1]);
  }

  /** Closes this side's ends. */
  @Override
  public void close() {
    toChild.close();
    fromChild.close();
  }
}
