package dev.godwit.host;

import dev.godwit.linux.ChildPipes;
import dev.godwit.wire.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An ssh over pipes of this process, which ends with it. */
final class PipedSsh implements SshSession {
  private static final int LAST_WORDS_BYTES_MAX = 8 * 1024;

  private static final int SIGTERM = 15;

  private final Process process;

  /** Whether it has a session of its own, and leads its group. */
  private final boolean isAlone;

  private final ChildPipes pipes;
  private final Thread listener;
  private final byte[] words = new byte[LAST_WORDS_BYTES_MAX];
  private int wordsBytes;

  private PipedSsh(Process process, boolean isAlone, ChildPipes pipes, String host) {
    this.process = process;
    this.isAlone = isAlone;
    this.pipes = pipes;
    this.listener =
        Thread.ofPlatform().daemon().name("godwit ssh errors of " + host).unstarted(this::listen);
  }

  /**
   * @param isAttended as {@link SshOptions#isAttended}
   * @throws IOException when there is no such program
   */
  static PipedSsh start(List<String> argv, String host, boolean isAttended) throws IOException {
    // A session of its own: a Ctrl-C at the terminal is for Godwit, which still needs the line. It
    // has no terminal then, so it cannot ask anything.
    List<String> command = isAttended ? Processes.found(argv) : Processes.inOwnSession(argv);
    ChildPipes pipes = ChildPipes.open();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(pipes.childInput())
            .redirectOutput(pipes.childOutput());
    try {
      PipedSsh session = new PipedSsh(builder.start(), !isAttended, pipes, host);
      session.listener.start();
      return session;
    } catch (IOException e) {
      pipes.close();
      throw e;
    } finally {
      pipes.started();
    }
  }

  @Override
  public InputStream fromHost() {
    return pipes.fromChild();
  }

  @Override
  public OutputStream toHost() {
    return pipes.toChild();
  }

  @Override
  public long pid() {
    return process.pid();
  }

  @Override
  public String lastWords(Duration wait, int charsMax) {
    try {
      boolean isComplete = listener.join(wait);
      String text;
      synchronized (words) {
        text = new String(words, 0, wordsBytes, StandardCharsets.UTF_8);
      }
      String line = Printable.line(SshTrouble.unframed(text), LAST_WORDS_BYTES_MAX);
      boolean isShort = line.length() <= charsMax;
      return (isShort ? line : "…" + line.substring(line.length() - charsMax))
          + (isComplete || line.isEmpty() ? "" : " …");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  @Override
  public void close() {
    if (isAlone && process.isAlive()) {
      Processes.signal(-process.pid(), SIGTERM); // a script in ssh's place does not pass it on
    }
    process.destroy();
    try {
      if (!process.waitFor(1, TimeUnit.SECONDS)) {
        Processes.killAll(process);
        process.waitFor(1, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Processes.killAll(process);
      Thread.currentThread().interrupt();
    }
    pipes.close();
  }

  private void listen() {
    byte[] buffer = new byte[1024];
    try (InputStream in = process.getErrorStream()) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        synchronized (words) {
          int over = Math.max(0, wordsBytes + count - words.length);
          System.arraycopy(words, over, words, 0, wordsBytes - over);
          wordsBytes -= over;
          System.arraycopy(buffer, 0, words, wordsBytes, count);
          wordsBytes += count;
        }
      }
    } catch (IOException e) {
      // ssh is gone.
    }
  }
}
