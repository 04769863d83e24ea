package dev.godwit.mirror;

import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.linux.ProcessTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The file with the process's number, while it runs. What is no such file is never written over,
 * and one that another process has written meanwhile is left to it.
 *
 * @param path null: none is wanted
 */
record PidFile(@Nullable Path path) implements AutoCloseable {
  /** Of a file that holds a number and the end of its line. */
  private static final int BYTES_MAX = 64;

  /** A process that began so long after its number was written is another one. */
  private static final Duration BEGAN_LATER = Duration.ofSeconds(10);

  /**
   * Whether a path is free for the file; nothing is touched. An empty file, and one that a process
   * has left behind, may be taken.
   *
   * @return what is there, for people; null when it may be written
   */
  static @Nullable String objection(Path path) {
    String text;
    try {
      text = text(path);
    } catch (LinuxException e) {
      return e.errno() == Errno.EISDIR
          ? objection(path, "there is a directory")
          : null; // it is not there; or who writes it tells what is in the way
    } catch (IOException e) {
      return objection(path, "there is something else than a process's number");
    }
    if (text.isEmpty()) {
      return null; // made for this; or the process was killed before it had written
    }
    if (!text.matches("[0-9]{1,18}")) {
      return objection(path, "there is something else than a process's number");
    }
    long number = Long.parseLong(text);
    return number == ProcessHandle.current().pid() || !lives(number, path)
        ? null
        : "the pid file "
            + path
            + " is of the process "
            + number
            + ", which runs: end that first,"
            + " or name another file";
  }

  private static String objection(Path path, String what) {
    return "unable to write the pid file "
        + path
        + ": "
        + what
        + "; name another path, or move it away";
  }

  private static String text(Path path) throws IOException {
    byte[] bytes = OperatorPaths.read(Names.of(path.toString()), null, BYTES_MAX);
    return new String(bytes, StandardCharsets.ISO_8859_1).strip();
  }

  /**
   * Whether the process that has written its number runs, and not another one that got it since.
   */
  private static boolean lives(long number, Path path) {
    Optional<ProcessHandle> process = ProcessHandle.of(number);
    if (process.isEmpty() || !ProcessTable.isLiving(number)) { // Java counts those who have ended
      return false;
    }
    Optional<Instant> began = process.get().info().startInstant();
    try {
      Instant written = Files.getLastModifiedTime(path).toInstant();
      return began.isEmpty() || !began.get().isAfter(written.plus(BEGAN_LATER));
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * Writes the number.
   *
   * @throws IOException for people: why it cannot be written
   */
  static PidFile write(@Nullable Path path) throws IOException {
    if (path != null) {
      byte[] number = Names.of(ProcessHandle.current().pid() + "\n");
      try (FileHandle file =
          OperatorPaths.openForAppending(Names.of(path.toString()), OperatorPaths.BY_UMASK)) {
        file.truncate(0);
        file.write(number, 0, number.length);
      } catch (IOException e) {
        String reason =
            e instanceof LinuxException failed ? failed.reason() : String.valueOf(e.getMessage());
        throw new IOException("unable to write the pid file " + path + ": " + reason, e);
      }
    }
    return new PidFile(path);
  }

  @Override
  public void close() throws IOException {
    if (path == null) {
      return;
    }
    String text;
    try {
      text = text(path);
    } catch (IOException e) {
      return; // gone, or something else by now
    }
    if (text.equals(Long.toString(ProcessHandle.current().pid()))) {
      Files.deleteIfExists(path);
    }
  }
}
