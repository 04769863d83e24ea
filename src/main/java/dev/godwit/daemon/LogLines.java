package dev.godwit.daemon;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Lines for people, written by a thread of its own: a terminal that was stopped (Ctrl-S) or a pipe
 * that nobody reads keeps that thread waiting, and nobody who has something to say.
 *
 * <p>Invariants: lines are written in the order in which they were said; what is said while {@link
 * #LINES_MAX} wait is dropped, and how much that was stands in its place. Threads: any.
 */
public final class LogLines implements Consumer<String>, AutoCloseable {
  static final int LINES_MAX = 1000;

  /** For what waits to be written at the end. */
  private static final Duration LAST = Duration.ofSeconds(1);

  private final String prefix;
  private final Consumer<String> writer;
  private final Queue<String> lines = new ArrayDeque<>();

  /** Since the last one that was taken. */
  private long dropped;

  private boolean writing;

  private LogLines(String prefix, Consumer<String> writer) {
    this.prefix = prefix;
    this.writer = writer;
  }

  /**
   * @param prefix of each line
   * @param writer of lines; may take as long as it likes
   */
  public static LogLines start(String prefix, Consumer<String> writer) {
    LogLines log = new LogLines(prefix, writer);
    Thread.ofPlatform().daemon().name("log lines").start(log::write);
    return log;
  }

  /**
   * Has everything written so that this process prints to its standard error from now on, as the
   * system's loggers do, without the prefix. For a process's main.
   */
  public void takeErrors() {
    System.setErr(stream());
    // The last words of a thread that fails come when nobody else may be left.
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "last log lines"));
  }

  /** Says a line, or several at once. */
  @Override
  public void accept(String line) {
    add(prefix + line.replace("\n", "\n" + prefix));
  }

  private synchronized void add(String line) {
    if (lines.size() >= LINES_MAX) {
      dropped++;
      return;
    }
    tellDropped();
    lines.add(line);
    notifyAll();
  }

  private void tellDropped() {
    if (dropped > 0) {
      lines.add(prefix + dropped + " lines are missing here: those before were not taken in time");
      dropped = 0;
    }
  }

  /** Each line that is printed there is said, without the prefix. */
  PrintStream stream() {
    return new PrintStream(new Lines(), true, StandardCharsets.UTF_8);
  }

  /** Collects the bytes of a line; {@link PrintStream} lets one at a time in. */
  private final class Lines extends OutputStream {
    private static final int BYTES_MAX = 8192;

    private final byte[] bytes = new byte[BYTES_MAX];
    private int length;

    @Override
    public void write(int one) {
      if (one != '\n') {
        bytes[length++] = (byte) one;
      }
      if (one == '\n' || length == BYTES_MAX) {
        add(new String(bytes, 0, length, StandardCharsets.UTF_8));
        length = 0;
      }
    }
  }

  private void write() {
    try {
      while (true) {
        writer.accept(next());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized String next() throws InterruptedException {
    writing = false;
    if (lines.isEmpty()) {
      tellDropped();
    }
    while (lines.isEmpty()) {
      notifyAll();
      wait();
    }
    writing = true;
    return lines.remove();
  }

  synchronized boolean isWriting() {
    return writing;
  }

  /**
   * Says a line before the process ends, and waits for a moment until it is written: for ever would
   * be too long, with whatever is in the way.
   */
  public void last(String line) {
    accept(line);
    close();
  }

  /** Waits for a moment until all that was said is written. It can be said more afterwards. */
  @Override
  public synchronized void close() {
    long end = System.nanoTime() + LAST.toNanos();
    try {
      while (writing || !lines.isEmpty()) {
        long millis = (end - System.nanoTime()) / 1_000_000;
        if (millis <= 0) {
          return;
        }
        wait(millis);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
