package dev.godwit.host;

import dev.godwit.linux.ChildProgram;
import dev.godwit.linux.Names;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * A program that a user wants to be run for files: an argument list of bytes, never a shell (H76).
 * It may run for as long as it likes; what it says is told line by line, as far as it is bounded.
 */
public final class Command {
  private static final int LINES_MAX = 200;
  private static final int LINE_BYTES_MAX = 1000;

  /** How long to wait for output that daemons left behind by the program keep open. */
  private static final Duration OUTPUT_GRACE = Duration.ofMillis(500);

  private final ChildProgram program;
  private final Thread reader;

  private Command(ChildProgram program, Consumer<String> lines) {
    this.program = program;
    this.reader =
        Thread.ofPlatform()
            .daemon()
            .name("godwit command output")
            .start(() -> read(program.output(), lines));
  }

  /**
   * Starts a program.
   *
   * @param argv the program, found on the PATH unless it has a slash, and its arguments
   * @param lines told what it says, made fit for people; a thread of its own
   * @throws IOException for people, when it cannot be started
   */
  public static Command start(List<byte[]> argv, Consumer<String> lines) throws IOException {
    Path file = Processes.find(new String(argv.getFirst(), StandardCharsets.UTF_8));
    return new Command(ChildProgram.start(Names.of(file.toString()), argv), lines);
  }

  /**
   * Waits for its end; for one platform thread.
   *
   * @return its exit status; 128 + the signal's number when a signal ended it
   */
  public int await() throws IOException, InterruptedException {
    int status = program.await();
    boolean unused = reader.join(OUTPUT_GRACE); // else a daemon holds the pipe
    return status;
  }

  /** Kills it with all of its session. */
  public void kill() {
    program.kill();
  }

  private static void read(InputStream output, Consumer<String> told) {
    try (output) {
      new Lines(told).read(output);
    } catch (IOException e) {
      told.accept("its output cannot be read: " + e.getMessage());
    }
  }

  /** Cuts output into lines. */
  private static final class Lines {
    private final Consumer<String> told;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private int count;

    Lines(Consumer<String> told) {
      this.told = told;
    }

    void read(InputStream output) throws IOException {
      byte[] buffer = new byte[8192];
      for (int length = output.read(buffer); length >= 0; length = output.read(buffer)) {
        for (int i = 0; i < length; i++) {
          if (buffer[i] == '\n') {
            tell();
          } else if (line.size() < LINE_BYTES_MAX) {
            line.write(buffer[i]);
          }
        }
      }
      if (line.size() > 0) {
        tell();
      }
    }

    private void tell() {
      count++;
      if (count <= LINES_MAX) {
        told.accept(Names.display(line.toByteArray()));
      } else if (count == LINES_MAX + 1) {
        told.accept("it says more than " + LINES_MAX + " lines; the rest is left out");
      }
      line.reset();
    }
  }
}
