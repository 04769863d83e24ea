package dev.godwit.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixSockets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who asks is answered for as long as the process runs. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ControlServerTest {
  @TempDir private Path folder;

  /** In a process of its own, whose limit is then lower than the files that it has open. */
  @Test
  void it_answers_again_after_there_were_too_many_open_files() throws Exception {
    Path socket = folder.resolve("control");
    Process process = serves(socket);
    try {
      ControlSocket asks = new ControlSocket("test", "test");
      TestingPatience.await("it serves", () -> Files.exists(socket));
      assertThat(asks.ask(socket, "one")).isEqualTo("one");
      limit(process, "3:");
      // The kernel may have reserved a place for the first of them before.
      CompletableFuture<String> two = asked(asks, socket, "two");
      CompletableFuture<String> three = asked(asks, socket, "three");
      Thread.sleep(500);
      assertThat(two.isDone() && three.isDone()).as("nothing can be opened").isFalse();
      limit(process, "1000:");
      assertThat(TestingPatience.get(two)).isEqualTo("two");
      assertThat(TestingPatience.get(three)).isEqualTo("three");
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  /** As one that was stopped (SIGSTOP). */
  @Test
  void one_that_takes_a_question_and_says_nothing_is_not_waited_for_for_ever() throws Exception {
    Path socket = folder.resolve("control");
    ControlSocket asks = new ControlSocket("test", "test");
    try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.bind(UnixDomainSocketAddress.of(socket));
      assertThatThrownBy(() -> asks.ask(socket, "status", Duration.ofSeconds(1)))
          .isInstanceOf(UnansweredException.class)
          .hasMessage("the test at " + socket + " says nothing for 1 s: it is stopped, or hangs");
    }
    assertThatThrownBy(() -> asks.ask(socket, "status", Duration.ofSeconds(60)))
        .isInstanceOf(UnansweredException.class)
        .hasMessageContaining("no test answers at " + socket);
    try (ControlServer server = ControlServer.start(folder.resolve("other"), words -> words[0])) {
      assertThat(asks.ask(folder.resolve("other"), "status", Duration.ofSeconds(60)))
          .isEqualTo("status");
    }
  }

  /** Somebody else's answer takes long, and he is waited for. */
  @Test
  void what_takes_long_is_waited_for_and_one_that_is_stopped_is_not() throws Exception {
    ControlSocket asks = new ControlSocket("silent" + System.nanoTime(), "test");
    Path socket = folder.resolve("control");
    Process process = serves(socket);
    Duration second = Duration.ofSeconds(1);
    List<String> told = new CopyOnWriteArrayList<>();
    try (ControlSocket.Announcement announcement = asks.announce(process.pid(), socket)) {
      TestingPatience.await("it serves", () -> Files.exists(socket));
      ControlSocket.Patience patience =
          new ControlSocket.Patience(Duration.ofMillis(10), TestingPatience.LIMIT, second);
      assertThat(asks.ask(socket, "slow", patience, told::add)).isEqualTo("slow");
      assertThat(told).isEmpty();

      signal(process, "STOP");
      ControlSocket.Patience little =
          new ControlSocket.Patience(Duration.ofMillis(10), second, Duration.ofSeconds(3));
      String reason =
          "process %d was stopped by a signal; `kill -CONT %d` lets it go on"
              .formatted(process.pid(), process.pid());
      assertThatThrownBy(() -> asks.ask(socket, "one", little, told::add))
          .isInstanceOf(UnansweredException.class)
          .hasMessageMatching(
              Pattern.quote("the test at " + socket + " says nothing for ")
                  + "[0-9]+ s: "
                  + Pattern.quote(reason));
      assertThat(told)
          .containsExactly(
              "the test at " + socket + " says nothing for 1 s: " + reason + "; waits for it");

      ControlSocket.Patience much =
          new ControlSocket.Patience(Duration.ofMillis(10), second, TestingPatience.LIMIT);
      CompletableFuture<String> answer =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return asks.ask(socket, "slow", much, told::add);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      TestingPatience.await("told", () -> told.size() == 2);
      signal(process, "CONT");
      assertThat(TestingPatience.get(answer)).isEqualTo("slow");
    } finally {
      process.destroyForcibly().waitFor();
      Files.deleteIfExists(Objects.requireNonNull(asks.pathOf(1).getParent()));
    }
    assertThatThrownBy(
            () ->
                asks.ask(
                    socket, "x", new ControlSocket.Patience(second, second, second), told::add))
        .isInstanceOf(UnansweredException.class)
        .hasMessageContaining("no test answers at " + socket);
  }

  private static void signal(Process process, String name) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor())
        .isZero();
  }

  @Test
  void what_is_not_right_is_told_apart_from_what_failed() throws Exception {
    Path socket = folder.resolve("control");
    ControlSocket asks = new ControlSocket("test", "test");
    try (ControlServer server =
        ControlServer.start(
            socket,
            words -> {
              throw words[0].equals("wrong")
                  ? new RequestException("there is no such")
                  : new IOException("it failed");
            })) {
      assertThatThrownBy(() -> asks.ask(socket, "wrong"))
          .isInstanceOf(RequestException.class)
          .hasMessage("there is no such");
      assertThatThrownBy(() -> asks.ask(socket, "fail"))
          .isNotInstanceOf(RequestException.class)
          .hasMessage("it failed");
    }
  }

  /** Only where the process of the number is gone, too: one that lives may be about to listen. */
  @Test
  void sockets_that_killed_processes_left_are_removed_and_nothing_else_is() throws Exception {
    ControlSocket sockets = new ControlSocket("left" + System.nanoTime(), "test");
    Process ended = new ProcessBuilder("true").start();
    assertThat(ended.waitFor()).isZero();
    long gone = ended.pid();
    Path left = sockets.pathOf(gone);
    Path runtime = Objects.requireNonNull(left.getParent());
    try {
      unlistened(left);
      Path lives = unlistened(sockets.pathOf(ProcessHandle.current().pid()));
      Path strange = unlistened(runtime.resolve("web.sock"));
      Path file = Files.createFile(sockets.pathOf(4_000_000_001L));
      Path aim = unlistened(folder.resolve("aim"));
      Path link = Files.createSymbolicLink(sockets.pathOf(4_000_000_002L), aim);
      Path served = sockets.pathOf(4_000_000_003L);
      try (ControlServer server = ControlServer.start(served, words -> "")) {
        sockets.removeLeft();
        assertThat(left).doesNotExist();
        assertThat(List.of(lives, strange, file, served, aim)).allMatch(Files::exists);
        assertThat(Files.isSymbolicLink(link)).isTrue();
        unlistened(left);
        assertThat(sockets.running()).containsExactly(served);
        assertThat(left).doesNotExist();
        assertThat(List.of(lives, strange, file, served, aim)).allMatch(Files::exists);
      }
    } finally {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(runtime)) {
        for (Path path : all) {
          Files.delete(path);
        }
      }
      Files.delete(runtime);
    }
    sockets.removeLeft(); // there is no such folder
    assertThat(runtime).doesNotExist();
  }

  /** By whom the socket is served now that it names does not matter: he has a note of his own. */
  @Test
  void a_process_with_a_socket_elsewhere_is_found_by_its_note_while_it_lives() throws Exception {
    ControlSocket sockets = new ControlSocket("noted" + System.nanoTime(), "test");
    long own = ProcessHandle.current().pid();
    Path runtime = Objects.requireNonNull(sockets.pathOf(own).getParent());
    Path elsewhere = folder.resolve("elsewhere");
    Path left = runtime.resolve("4000000001.at");
    try (ControlServer server = ControlServer.start(elsewhere, words -> "");
        ControlSocket.Announcement announced = sockets.announce(elsewhere)) {
      assertThat(sockets.named(Long.toString(own))).isEqualTo(elsewhere);
      Files.writeString(left, elsewhere.toString());
      assertThat(sockets.running()).containsExactly(elsewhere);
      assertThat(left).doesNotExist();
      Files.writeString(left, elsewhere.toString());
      sockets.removeLeft();
      assertThat(left).doesNotExist();
      sockets.announce(sockets.pathOf(own)).close();
      assertThat(sockets.named(Long.toString(own))).isEqualTo(sockets.pathOf(own));
    } finally {
      Files.deleteIfExists(left);
      Files.delete(runtime);
    }
  }

  /** As a process leaves it that is killed. */
  private static Path unlistened(Path socket) throws Exception {
    int fd = UnixSockets.stream();
    UnixSockets.bind(fd, socket, 0600);
    Sockets.close(fd);
    return socket;
  }

  @Test
  void only_a_socket_on_which_nobody_listens_is_replaced() throws Exception {
    ControlSocket asks = new ControlSocket("test", "test");
    Path file = Files.writeString(folder.resolve("file"), "precious");
    Path other = folder.resolve("datagrams");
    Path socket = folder.resolve("socket");
    assertThatThrownBy(() -> ControlServer.start(file, words -> "no"))
        .hasMessageContaining("there is something else than a socket");
    assertThat(file).hasContent("precious");
    String bound = "import socket,time; s = socket.socket(1, socket.%s); s.bind('%s'); %s";
    Process stale = python(bound.formatted("SOCK_STREAM", socket, "0"));
    assertThat(stale.waitFor()).isZero();
    Process holder = python(bound.formatted("SOCK_DGRAM", other, "time.sleep(600)"));
    try {
      TestingPatience.await("it is bound", () -> Files.exists(other));
      assertThatThrownBy(() -> ControlServer.start(other, words -> "no"))
          .hasMessageContaining("there is a socket, and whether somebody listens");
      assertThat(other).exists();
    } finally {
      holder.destroyForcibly().waitFor();
    }
    try (ControlServer first = ControlServer.start(socket, words -> "first")) {
      assertThatThrownBy(() -> ControlServer.start(socket, words -> "second"))
          .hasMessageContaining("another process answers at " + socket);
      assertThat(asks.ask(socket, "who")).isEqualTo("first");
      Files.move(socket, folder.resolve("moved"));
      Files.writeString(socket, "another's");
    }
    assertThat(socket).as("what came in its place").hasContent("another's");
  }

  private static Process python(String script) throws IOException {
    return new ProcessBuilder("python3", "-c", script).inheritIO().start();
  }

  private static CompletableFuture<String> asked(ControlSocket asks, Path socket, String what) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return asks.ask(socket, what);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  private static void limit(Process process, String files) throws Exception {
    Process limits =
        new ProcessBuilder("prlimit", "--pid", "" + process.pid(), "--nofile=" + files).start();
    assertThat(limits.waitFor()).isZero();
  }

  private static Process serves(Path socket) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Serves.class.getName(),
            socket.toString())
        .inheritIO()
        .start();
  }

  /** Says what it is asked, some of it after a while. */
  static final class Serves {
    private Serves() {}

    public static void main(String[] arguments) throws Exception {
      try (ControlServer server = ControlServer.start(Path.of(arguments[0]), Serves::answer)) {
        Thread.sleep(TestingPatience.LIMIT);
      }
    }

    private static String answer(String[] words) throws InterruptedException {
      if (words[0].equals("slow")) {
        Thread.sleep(1500);
      }
      return String.join(" ", words);
    }
  }
}
