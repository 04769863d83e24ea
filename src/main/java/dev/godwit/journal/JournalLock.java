package dev.godwit.journal;

import dev.godwit.linux.FileLocks;
import dev.godwit.linux.ProcessTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Who holds the move: one controller at a time on a journal (H59). The lock is the kernel's, so it
 * goes with its process, however that ends; the file's text only says who has it.
 */
public final class JournalLock implements AutoCloseable {
  private static final long LOOK_NANOS = 20_000_000;
  private static final String WAIT = "wait for it to end";

  private final FileChannel channel;
  private final FileLock lock;

  private JournalLock(FileChannel channel, FileLock lock) {
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * As {@link #take}, after a while when it is held for something that takes a moment.
   *
   * @param brief what the holder may be doing then
   * @param limit how long that is waited for
   */
  public static JournalLock take(
      Path journal, String command, Clock clock, Set<String> brief, Duration limit)
      throws IOException {
    long begun = System.nanoTime();
    while (true) {
      try {
        return take(journal, command, clock);
      } catch (HeldException e) {
        boolean isBrief = brief.stream().map(JournalLock::doing).anyMatch(e.holder()::startsWith);
        if (!isBrief
            || System.nanoTime() - begun >= limit.toNanos()
            || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        LockSupport.parkNanos(LOOK_NANOS);
      }
    }
  }

  private static String doing(String command) {
    return "`godwit %s`, ".formatted(command);
  }

  /**
   * Takes the lock or says who has it.
   *
   * @param command what the holder does, for the one who comes second
   * @throws HeldException when another controller holds it
   */
  public static JournalLock take(Path journal, String command, Clock clock) throws IOException {
    Path file = file(journal);
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    FileLock lock = null;
    try {
      lock = tryLock(channel);
      if (lock == null) {
        String words = text(channel);
        throw new HeldException(
            journal,
            words,
            FileLocks.holder(file).map(pid -> Holder.of(pid, words).advice()).orElse(WAIT));
      }
      byte[] holder =
          (doing(command)
                  + "process %d, since %s"
                      .formatted(ProcessHandle.current().pid(), clock.instant()))
              .getBytes(StandardCharsets.UTF_8);
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(holder), 0);
      return new JournalLock(channel, lock);
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
  }

  /**
   * A controller that holds it.
   *
   * @param pid in this process's own numbers
   * @param words what it has written of itself; empty for nothing
   * @param stopped when it does nothing until somebody lets it go on
   */
  public record Holder(int pid, String words, Optional<ProcessTable.Stopped> stopped) {
    static Holder of(int pid, String words) {
      return new Holder(pid, words, ProcessTable.stopped(pid));
    }

    /** For people. */
    public String display() {
      return words.isEmpty() ? "process " + pid : words;
    }

    /** What is to be done by whoever wants the move, for people. */
    public String advice() {
      return stopped.map(found -> advice(found.isTraced())).orElse(WAIT);
    }

    private String advice(boolean isTraced) {
      return (isTraced
              ? "a debugger has stopped it, and it does nothing until that lets it go on"
              : "it is stopped (Ctrl-Z, or SIGSTOP) and does nothing until it is continued: `fg` where it was typed, or kill -CONT %d"
                  .formatted(pid))
          + "; or kill it, and give the command again: kill -KILL %d".formatted(pid);
    }
  }

  /** Who holds it, as far as can be seen from here. Like {@link #isHeld} in nobody's way. */
  public static Optional<Holder> holder(Path journal) throws IOException {
    Path file = file(journal);
    try {
      Optional<Integer> holder = FileLocks.holder(file);
      if (holder.isEmpty()) {
        return Optional.empty();
      }
      // Who closes a file lets go of its lock, wherever in the process that was taken.
      boolean isThis = holder.get() == ProcessHandle.current().pid();
      String words = isThis ? "" : Files.readString(file, StandardCharsets.UTF_8);
      return Optional.of(Holder.of(holder.get(), words));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether a controller holds it, as far as can be seen from here. Unlike {@link #take} this is in
   * nobody's way.
   */
  public static boolean isHeld(Path journal) throws IOException {
    try {
      return FileLocks.holder(file(journal)).isPresent();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static Path file(Path journal) {
    return journal.resolveSibling(journal.getFileName() + ".lock");
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private static String text(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(256);
    channel.read(buffer, 0);
    return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    lock.release();
    channel.close();
  }
}
