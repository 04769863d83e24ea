package dev.godwit.daemon;

import dev.godwit.host.RuntimeDirectory;
import dev.godwit.linux.Errno;
import dev.godwit.linux.ProcessTable;
import dev.godwit.linux.SocketFiles;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds and asks the processes of one kind that this user runs, each on a unix socket of its own: a
 * line of words, answered with {@code ok} and more, with {@code no} and the reason, or with {@code
 * wrong} and the reason when what was asked is not right and nothing was done.
 *
 * @param kind the folder of the sockets, of letters
 * @param noun what such a process is called, for people
 */
public record ControlSocket(String kind, String noun) {
  /** What an answer begins with when it was done. */
  public static final String OK = "ok ";

  /** What an answer begins with when it was not; the reason follows. */
  public static final String NO = "no ";

  /** The same when it could never be done so, and nothing was. */
  public static final String WRONG = "wrong ";

  private static final int ANSWER_BYTES_MAX = 16 << 20;
  private static final String SUFFIX = ".sock";

  /** Of the file that says where a process is asked instead. */
  private static final String ELSEWHERE = ".at";

  private static final String FILES = "*{" + SUFFIX + "," + ELSEWHERE + "}";
  private static final Pattern NAME = Pattern.compile("([0-9]{1,10})\\.(sock|at)");

  /** Where a process of this user is asked, unless it was told something else. */
  public Path pathOf(long process) throws IOException {
    return directory().resolve(process + SUFFIX);
  }

  /** The socket of a process that is named by its number or by its socket. */
  public Path named(String process) throws IOException {
    boolean number = !process.isEmpty() && process.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!number || process.length() > 10) {
      return Path.of(process).toAbsolutePath();
    }
    long id = Long.parseLong(process);
    Path note = noteOf(id);
    return Files.exists(note) ? noted(note) : pathOf(id);
  }

  private Path noteOf(long process) throws IOException {
    return directory().resolve(process + ELSEWHERE);
  }

  private static Optional<Path> socketOf(Path file) throws IOException {
    if (!file.toString().endsWith(ELSEWHERE)) {
      return Optional.of(file);
    }
    try {
      return Optional.of(noted(file));
    } catch (NoSuchFileException e) {
      return Optional.empty(); // its process has ended at this moment
    }
  }

  private static Path noted(Path note) throws IOException {
    return Path.of(Files.readString(note));
  }

  /** Where a process is asked, for who knows its number; until it is closed. */
  public static final class Announcement implements AutoCloseable {
    private final @Nullable Path note;

    private Announcement(@Nullable Path note) {
      this.note = note;
    }

    @Override
    public void close() throws IOException {
      if (note != null) {
        Files.deleteIfExists(note);
      }
    }
  }

  /**
   * Says that this process is asked at a socket, maybe elsewhere than {@link #pathOf} says. Where
   * that cannot be written, it is found by its socket alone.
   */
  public Announcement announce(Path socket) {
    return announce(ProcessHandle.current().pid(), socket);
  }

  /**
   * The same for another process, such as a supervisor, of whom is asked what this one answers.
   *
   * @param process its number
   */
  public Announcement announce(long process, Path socket) {
    try {
      return new Announcement(note(process, socket));
    } catch (IOException e) {
      return new Announcement(null);
    }
  }

  private @Nullable Path note(long process, Path socket) throws IOException {
    Path note = noteOf(process);
    if (socket.toAbsolutePath().equals(pathOf(process))) {
      Files.deleteIfExists(note); // of a process that had the number before
      return null;
    }
    Files.writeString(note, socket.toAbsolutePath().toString());
    return note;
  }

  private Path directory() throws IOException {
    return RuntimeDirectory.of("_" + kind);
  }

  /** The control sockets of this user's processes that run; what killed ones left is removed. */
  public List<Path> running() throws IOException {
    Set<Path> found = new TreeSet<>(); // two that hand over have one path for a while
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory(), FILES)) {
      for (Path file : files) {
        removeIfLeft(file);
        socketOf(file).filter(ControlSocket::isServed).ifPresent(found::add);
      }
    }
    return List.copyOf(found);
  }

  /**
   * Removes the sockets of this user's processes that were killed: nobody else would, until
   * somebody asks for all that run. What cannot be removed keeps nobody from starting.
   */
  public void removeLeft() {
    try {
      Optional<Path> folder = RuntimeDirectory.find("_" + kind);
      if (folder.isPresent()) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder.get(), FILES)) {
          for (Path file : files) {
            removeIfLeft(file);
          }
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return; // whoever needs the folder says what is wrong with it
    }
  }

  /**
   * A socket on which nobody listens, or a note, whose process is gone. One that lives may be about
   * to listen, and what answers may be a process that is not seen from here, as in a container.
   */
  private static void removeIfLeft(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    if (!name.matches()) {
      return; // no process of ours makes it
    }
    try {
      // The process last: before its number is given again, its file is replaced by nobody.
      if (mayBeLeft(file) && !ProcessTable.isLiving(Long.parseLong(name.group(1)))) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      return; // gone meanwhile; or it stays
    }
  }

  /**
   * One whose queue is full, or that is not ours to ask, does not refuse. Behind a note the next
   * process may be, which has a note of its own.
   */
  private static boolean mayBeLeft(Path file) throws IOException {
    return file.toString().endsWith(ELSEWHERE)
        || SocketFiles.isSocket(file) && SocketFiles.errnoOfConnecting(file) == Errno.ECONNREFUSED;
  }

  /** Whether a process answers there. */
  public static boolean isServed(Path socket) {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return channel.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Asks a process.
   *
   * @return what it says after {@code ok}
   * @throws RequestException for people: what was asked is not right, and nothing was done
   * @throws UnansweredException for people: nobody is there
   * @throws IOException for people: the reason why it said no
   */
  public String ask(Path socket, String request) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return ask(channel, socket, request);
    }
  }

  /**
   * The same of what a process knows at once: one that is stopped, or hangs, says nothing for ever.
   */
  public String ask(Path socket, String request, Duration limit) throws IOException {
    CountDownLatch answered = new CountDownLatch(1);
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      Thread.ofPlatform()
          .daemon()
          .name("limit of a question")
          .start(() -> closeUnlessAnswered(channel, answered, limit));
      return ask(channel, socket, request);
    } catch (AsynchronousCloseException e) {
      throw new UnansweredException(silence(socket, limit), e);
    } finally {
      answered.countDown();
    }
  }

  /**
   * The same of what may take long: meanwhile it is asked how it is, which it knows at once.
   *
   * @param patience with one that says not even that
   * @param told of one that does not say it, and when it does again; for people. Does not wait
   */
  public String ask(Path socket, String request, Patience patience, Consumer<String> told)
      throws IOException {
    CountDownLatch answered = new CountDownLatch(1);
    AtomicReference<@Nullable String> givenUp = new AtomicReference<>();
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      Thread.ofPlatform()
          .daemon()
          .name("patience with a question")
          .start(
              () -> {
                try {
                  givenUp.set(awaitSilence(socket, answered, patience, told));
                  channel.close();
                } catch (IOException | InterruptedException e) {
                  return; // who asks waits on
                }
              });
      return ask(channel, socket, request);
    } catch (AsynchronousCloseException e) {
      throw new UnansweredException(String.valueOf(givenUp.get()), e);
    } finally {
      answered.countDown();
    }
  }

  /**
   * How long somebody waits for an answer.
   *
   * @param interval of the questions how it is, while there is no answer
   * @param status the limit of each of these
   * @param silence so long it may say nothing at all
   */
  public record Patience(Duration interval, Duration status, Duration silence) {}

  /**
   * Waits until it is answered, or the process has said nothing for too long.
   *
   * @return why it is not waited for any longer
   */
  private String awaitSilence(
      Path socket, CountDownLatch answered, Patience patience, Consumer<String> told)
      throws InterruptedException {
    long heard = System.nanoTime();
    boolean isSilent = false;
    while (!answered.await(patience.interval().toMillis(), TimeUnit.MILLISECONDS)) {
      try {
        var unused = ask(socket, "status", patience.status());
        heard = System.nanoTime();
        if (isSilent) {
          told.accept("the %s at %s answers again".formatted(noun, socket));
        }
        isSilent = false;
      } catch (UnansweredException e) {
        Duration silent = Duration.ofNanos(System.nanoTime() - heard);
        if (silent.compareTo(patience.silence()) >= 0) {
          return silence(socket, silent);
        }
        if (!isSilent) {
          told.accept(e.getMessage() + "; waits for it");
        }
        isSilent = true;
      } catch (IOException e) {
        heard = System.nanoTime(); // it has no status to tell, or ends, which is told by itself
      }
    }
    return "";
  }

  private String silence(Path socket, Duration since) {
    return "the %s at %s says nothing for %d s: %s"
        .formatted(noun, socket, since.toSeconds(), reason(socket));
  }

  /** Why a process may say nothing, for people. */
  private String reason(Path socket) {
    Long process = processAt(socket);
    if (process == null || process > Integer.MAX_VALUE) {
      return "it is stopped, or hangs";
    }
    return ProcessTable.stopped(process.intValue())
        .map(
            one ->
                one.isTraced()
                    ? "a debugger has stopped process " + process
                    : "process %d was stopped by a signal; `kill -CONT %d` lets it go on"
                        .formatted(process, process))
        .orElse("process " + process + " is not stopped; it hangs, or gets no time to run");
  }

  /** The number of the process that is asked at a socket; null where that cannot be told. */
  private @Nullable Long processAt(Path socket) {
    try {
      if (socket.equals(directory().resolve(socket.getFileName()))) {
        return number(socket);
      }
      try (DirectoryStream<Path> notes = Files.newDirectoryStream(directory(), "*" + ELSEWHERE)) {
        for (Path note : notes) {
          if (socketOf(note).filter(socket::equals).isPresent()) {
            return number(note);
          }
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // What is asked at a path alone.
    }
    return null;
  }

  private static @Nullable Long number(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    return name.matches() ? (Long) Long.parseLong(name.group(1)) : null;
  }

  private static void closeUnlessAnswered(
      SocketChannel channel, CountDownLatch answered, Duration limit) {
    try {
      if (!answered.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        channel.close();
      }
    } catch (IOException | InterruptedException e) {
      return; // who asks waits on
    }
  }

  private String ask(SocketChannel channel, Path socket, String request) throws IOException {
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (AsynchronousCloseException e) {
      throw e;
    } catch (IOException e) {
      throw new UnansweredException(
          "no " + noun + " answers at " + socket + ": " + e.getMessage(), e);
    }
    String answer;
    try {
      channel.write(ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.UTF_8)));
      InputStream in = Channels.newInputStream(channel);
      answer = new String(in.readNBytes(ANSWER_BYTES_MAX), StandardCharsets.UTF_8).stripTrailing();
    } catch (AsynchronousCloseException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(
          "the " + noun + " at " + socket + " ended before it answered: " + e.getMessage(), e);
    }
    if (answer.startsWith(NO)) {
      throw new IOException(answer.substring(NO.length()));
    }
    if (answer.startsWith(WRONG)) {
      throw new RequestException(answer.substring(WRONG.length()));
    }
    if (!answer.startsWith(OK.strip())) {
      throw new IOException("the " + noun + " at " + socket + " gave no answer");
    }
    return answer.substring(OK.strip().length()).strip();
  }
}
