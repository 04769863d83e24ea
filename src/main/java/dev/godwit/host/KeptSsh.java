package dev.godwit.host;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.wire.Printable;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An ssh that outlives this process, with the agent at its far end, for the next run that wants the
 * same host by the same command line and is of the same build. Both are the most of what a short
 * run costs. Nothing listens anywhere: ssh reads from one fifo and writes to another, in a folder
 * that only its user can enter (H3), and holds both ends of each, so that they outlast who used
 * them.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>Who speaks to the far end holds the lock (flock(2)) of the folder.
 *   <li>The file {@code idle} is there only while both fifos stand between two connections. Who
 *       takes the line removes it; a run that is killed leaves it missing, and the line is never
 *       used again.
 *   <li>Whatever ends ssh ends the agent, and the folder goes with ssh. The agent ends by itself
 *       when nobody comes, which ends ssh.
 * </ul>
 */
final class KeptSsh implements SshSession {
  /**
   * A constant: the folder and ssh's own command line are its arguments, none of them is parsed.
   */
  private static final String SCRIPT =
      "d=$0; \"$@\" 0<>\"$d/in\" 1<>\"$d/out\" 2>>\"$d/err\";"
          + " cd \"$d\" && rm -f in out err idle host && cd / && rmdir \"$d\"";

  private static final List<String> FILES = List.of("in", "out", "err", "idle", "host");
  private static final byte[] IN = Names.of("in");
  private static final byte[] OUT = Names.of("out");
  private static final byte[] ERR = Names.of("err");

  /** More than a frame's header, and none: whatever the agent waits for, this ends it. */
  private static final byte[] END = new byte[16];

  static {
    Arrays.fill(END, (byte) 0xff);
  }

  private static final int LAST_WORDS_BYTES_MAX = 8 * 1024;

  private final Path folder;
  private final DirectoryHandle lock;
  private final InputStream fromHost;
  private final OutputStream toHost;

  /** What ssh and the agent say on standard error. */
  private final FileHandle errors;

  /** Null when another run has started it. */
  private final @Nullable Process process;

  private boolean isOver;

  private KeptSsh(
      Path folder,
      DirectoryHandle lock,
      InputStream fromHost,
      OutputStream toHost,
      FileHandle errors,
      @Nullable Process process) {
    this.folder = folder;
    this.lock = lock;
    this.fromHost = fromHost;
    this.toHost = toHost;
    this.errors = errors;
    this.process = process;
  }

  /**
   * What lines have in common that may stand for each other.
   *
   * @param argv of ssh, to its end
   */
  static String key(List<String> argv) {
    return PartsKey.ofWords(argv);
  }

  /**
   * Takes a line that is idle; null when there is none. What cannot be used any more is removed.
   *
   * @param base {@link RuntimeDirectory#agents}
   */
  static @Nullable KeptSsh take(Path base, String key) throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(base, key + ".*")) {
      for (Path folder : folders) {
        KeptSsh kept = take(folder);
        if (kept != null) {
          return kept;
        }
      }
    }
    return null;
  }

  private static @Nullable KeptSsh take(Path folder) {
    DirectoryHandle lock = null;
    try {
      lock = DirectoryHandle.open(Names.of(folder.toString()));
      if (!lock.tryLock()) {
        lock.close();
        return null; // somebody's, now
      }
      boolean isIdle = Files.deleteIfExists(folder.resolve("idle"));
      KeptSsh kept = opened(folder, lock, null);
      if (isIdle) {
        return kept;
      }
      kept.close(); // of a run that was killed
    } catch (IOException e) {
      if (lock != null) {
        remove(folder); // half of it is there
        lock.close();
      }
    }
    return null;
  }

  /**
   * Starts ssh.
   *
   * @param host for who looks into the folder
   * @param isAttended as {@link SshOptions#isAttended}
   */
  static KeptSsh start(Path base, String key, String host, List<String> argv, boolean isAttended)
      throws IOException {
    Path folder =
        Files.createTempDirectory(
            base,
            key + ".",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    DirectoryHandle lock = DirectoryHandle.open(Names.of(folder.toString()));
    try {
      if (!lock.tryLock()) {
        throw new IOException("somebody else has taken " + folder);
      }
      lock.makeFifo(IN, 0600);
      lock.makeFifo(OUT, 0600);
      lock.createFile(ERR, 0600).closeChecked();
      Files.writeString(folder.resolve("host"), host + "\n");
      List<String> command = new ArrayList<>(List.of("sh", "-c", SCRIPT, folder.toString()));
      command.addAll(Processes.found(argv));
      ProcessBuilder builder =
          new ProcessBuilder(
                  isAttended ? Processes.found(command) : Processes.inOwnSession(command))
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD);
      return opened(folder, lock, builder);
    } catch (IOException e) {
      remove(folder);
      lock.close();
      throw e;
    }
  }

  /**
   * Opens the fifos, and starts ssh then: one that ends at once removes the folder. Until ssh has
   * opened its ends, this process holds them, too: opening would wait for them.
   *
   * @param ssh null when it runs already
   */
  private static KeptSsh opened(Path folder, DirectoryHandle lock, @Nullable ProcessBuilder ssh)
      throws IOException {
    List<AutoCloseable> open = new ArrayList<>();
    try {
      FileHandle in = added(open, fifo(lock, IN));
      FileHandle out = added(open, fifo(lock, OUT));
      FileHandle errors = added(open, lock.openForUpdate(ERR));
      InputStream fromHost = added(open, new FileInputStream(folder.resolve("out").toFile()));
      OutputStream toHost = added(open, new FileOutputStream(folder.resolve("in").toFile()));
      Runnable letGo =
          () -> {
            in.close();
            out.close();
          };
      if (ssh == null) {
        letGo.run();
        return new KeptSsh(folder, lock, fromHost, toHost, errors, null);
      }
      Process process = ssh.start();
      var unused = process.onExit().thenRun(letGo);
      return new KeptSsh(folder, lock, new FirstByte(fromHost, letGo), toHost, errors, process);
    } catch (IOException e) {
      open.forEach(KeptSsh::closeQuietly);
      throw e;
    }
  }

  private static <T extends AutoCloseable> T added(List<AutoCloseable> open, T opened) {
    open.add(opened);
    return opened;
  }

  private static FileHandle fifo(DirectoryHandle in, byte[] name) throws LinuxException {
    FileHandle fifo = in.openForUpdate(name);
    FileStatus status = fifo.status();
    if (!status.isFifo() || status.uid() != Identity.user()) {
      fifo.close();
      throw new LinuxException("openat", Names.display(name), dev.godwit.linux.Errno.ESTALE);
    }
    return fifo;
  }

  @Override
  public InputStream fromHost() {
    return fromHost;
  }

  @Override
  public OutputStream toHost() {
    return toHost;
  }

  @Override
  public long pid() {
    return process == null ? 0 : process.pid();
  }

  @Override
  public String lastWords(Duration wait, int charsMax) {
    try {
      byte[] last = new byte[LAST_WORDS_BYTES_MAX];
      long from = Math.max(0, errors.status().size() - last.length);
      int count = errors.read(last, 0, last.length, from);
      String line = Printable.line(new String(last, 0, count, StandardCharsets.UTF_8), last.length);
      return line.length() <= charsMax ? line : "…" + line.substring(line.length() - charsMax);
    } catch (LinuxException e) {
      return "";
    }
  }

  /** Leaves it to the next run; nothing of a connection may be on its way any more. */
  synchronized void leave() {
    if (isOver) {
      return;
    }
    isOver = true;
    try {
      Files.createFile(folder.resolve("idle"));
    } catch (IOException e) {
      end(); // it has just gone, or nobody would find it
    }
    letGo();
  }

  @Override
  public synchronized void close() {
    if (isOver) {
      return;
    }
    isOver = true;
    end();
    letGo();
  }

  private void end() {
    if (process != null) {
      Processes.killAll(process);
    } else {
      try (FileHandle in = fifo(lock, IN)) { // does not wait, as a stream would
        in.write(END, 0, END.length);
      } catch (LinuxException e) {
        // It is full or gone: then its own limits of time end it.
      }
    }
    remove(folder);
  }

  private void letGo() {
    lock.close();
    errors.close();
    Thread.ofPlatform() // closing a stream that another thread is blocked in may block
        .daemon()
        .name("godwit end of a kept line")
        .start(
            () -> {
              closeQuietly(toHost);
              closeQuietly(fromHost);
            });
  }

  private static void closeQuietly(AutoCloseable stream) {
    try {
      stream.close();
    } catch (Exception e) {
      // It is over.
    }
  }

  private static void remove(Path folder) {
    try {
      for (String file : FILES) {
        Files.deleteIfExists(folder.resolve(file));
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // Its ssh removes it at the same time.
    }
  }

  /** Says when something has come: from then on ssh holds its ends. */
  private static final class FirstByte extends java.io.FilterInputStream {
    private @Nullable Runnable came;

    FirstByte(InputStream in, Runnable came) {
      super(in);
      this.came = came;
    }

    @Override
    public int read() throws IOException {
      int one = in.read();
      told();
      return one;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = in.read(bytes, offset, length);
      told();
      return count;
    }

    private void told() {
      Runnable first = came;
      if (first != null) {
        came = null;
        first.run();
      }
    }
  }
}
