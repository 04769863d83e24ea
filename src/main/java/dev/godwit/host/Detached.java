package dev.godwit.host;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** Starts programs that outlive this process and the ssh session that it may run in. */
public final class Detached {
  private Detached() {}

  /**
   * Starts a daemon: a session of its own, no terminal, nothing to read, the root folder as its
   * working directory; its output is appended to a log that only its owner can read.
   *
   * @param argv the program, found on the PATH unless it has a slash, and its arguments
   * @param log made with mode 0600 when it is not there; its folder must be there
   * @return the daemon's process number
   * @throws IOException when the program is not there or the log cannot be written
   */
  public static long start(List<String> argv, Path log) throws IOException {
    return start(argv, log, Path.of("/"));
  }

  /** As {@link #start(List, Path)}, with another working directory than the root folder. */
  public static long start(List<String> argv, Path log, Path directory) throws IOException {
    try {
      Files.createFile(
          log, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException e) {
      if (!Files.isRegularFile(log, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException("the log " + log + " is not a plain file; remove it", e);
      }
      Files.setPosixFilePermissions(log, PosixFilePermissions.fromString("rw-------"));
    }
    ProcessBuilder builder =
        new ProcessBuilder(Processes.inOwnSession(argv))
            .directory(directory.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .redirectErrorStream(true);
    return builder.start().pid();
  }
}
