package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixSockets;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(TestingPatience.TEST_SECONDS)
final class HandOverTest {
  @TempDir Path folder;

  /** A copy of a listening socket that nobody knows of keeps its port for as long as we live. */
  @Test
  void what_had_come_of_sockets_whose_process_died_in_the_middle_is_closed() throws Exception {
    Path socket = folder.resolve("control");
    int listener = UnixSockets.stream();
    UnixSockets.bind(listener, socket, 0600);
    Sockets.listen(listener, 5);
    Path mark = Files.createFile(folder.resolve("mark"));
    CompletableFuture<Void> other = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                dieInTheMiddle(listener, mark);
                other.complete(null);
              } catch (Exception e) {
                other.completeExceptionally(e);
              }
            });
    assertThatThrownBy(() -> HandOver.copies(socket)).isInstanceOf(IOException.class);
    TestingPatience.get(other);
    Sockets.close(listener);
    assertThat(open(mark)).isZero();
  }

  /** Names more sockets than go with one message, and sends one message. */
  private static void dieInTheMiddle(int listener, Path mark) throws Exception {
    int[] fd = {-1};
    TestingPatience.await(() -> (fd[0] = Sockets.accept(listener)) >= 0);
    HandOver.sendText(fd[0], "x\n".repeat(UnixSockets.DESCRIPTORS_MAX + 1) + "\n");
    try (InputStream file = Files.newInputStream(mark)) {
      int[] copies = new int[UnixSockets.DESCRIPTORS_MAX];
      Arrays.fill(copies, number(mark));
      UnixSockets.sendDescriptors(fd[0], copies);
      assertThat(file.available()).isZero();
    }
    Sockets.close(fd[0]);
  }

  private static int number(Path mark) throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.filter(fd -> leadsTo(fd, mark))
          .mapToInt(fd -> Integer.parseInt(fd.getFileName().toString()))
          .findFirst()
          .orElseThrow();
    }
  }

  private static long open(Path mark) throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.filter(fd -> leadsTo(fd, mark)).count();
    }
  }

  private static boolean leadsTo(Path fd, Path mark) {
    try {
      return Files.readSymbolicLink(fd).equals(mark);
    } catch (IOException e) {
      return false; // closed meanwhile
    }
  }
}
