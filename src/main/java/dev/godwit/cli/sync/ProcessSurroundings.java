package dev.godwit.cli.sync;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.sync.rules.Surroundings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Those of this process, but for its environment, which can be another one. */
public final class ProcessSurroundings implements Surroundings {
  /** Of a list of names or patterns: ten million long names. */
  private static final int FILE_BYTES_MAX = 1 << 30;

  private final Function<String, byte @Nullable []> environment;

  public ProcessSurroundings(Function<String, byte @Nullable []> environment) {
    this.environment = environment;
  }

  @Override
  public byte @Nullable [] environment(String name) {
    return environment.apply(name);
  }

  /**
   * As isatty(3), by the name behind the descriptor: a foreign call would cost every start what
   * this costs a few.
   */
  boolean isTerminal(int descriptor) {
    try {
      String device = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return device.startsWith("/dev/pts/")
          || device.startsWith("/dev/tty")
          || device.equals("/dev/console");
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public ZonedDateTime now() {
    return ZonedDateTime.now();
  }

  @Override
  public byte[] read(byte[] path, byte @Nullable [] confineRoot) throws IOException {
    if (path.length == 1 && path[0] == '-') {
      return System.in.readAllBytes();
    }
    try {
      return OperatorPaths.read(path, confineRoot, FILE_BYTES_MAX);
    } catch (LinuxException e) {
      throw new IOException(e.reason(), e);
    }
  }
}
