package dev.godwit.daemon;

import dev.godwit.host.RuntimeDirectory;
import dev.godwit.linux.Errno;
import dev.godwit.linux.SocketFiles;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
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
      if (mayBeLeft(file) && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
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
      try {
        channel.connect(UnixDomainSocketAddress.of(socket));
      } catch (IOException e) {
        throw new UnansweredException(
            "no " + noun + " answers at " + socket + ": " + e.getMessage(), e);
      }
      channel.write(ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.UTF_8)));
      InputStream in = Channels.newInputStream(channel);
      String answer =
          new String(in.readNBytes(ANSWER_BYTES_MAX), StandardCharsets.UTF_8).stripTrailing();
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
}
