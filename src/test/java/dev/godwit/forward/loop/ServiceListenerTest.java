package dev.godwit.forward.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.ProcessFiles;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.TestingStart;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who has a listening socket. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ServiceListenerTest {
  @TempDir Path folder;

  /**
   * Before its exec it has copies of all that this process has, and a queue must not wait for it.
   */
  @Test
  void a_program_that_is_being_started_holds_nothing() throws Exception {
    Path fifo = folder.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    int fd = Sockets.tcp(false);
    try {
      Sockets.bind(fd, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      Sockets.listen(fd, 1);
      int port = Sockets.localAddress(fd).getPort();
      ServiceListener listener = ServiceListener.find(Set.of(port), List.of()).getFirst();
      assertThat(listener.isHeldByOthers()).isFalse();
      FutureTask<Integer> start = new FutureTask<>(() -> TestingStart.begin(fifo));
      new Thread(start).start();
      try {
        TestingPatience.await(() -> holders(listener) > 1);
        assertThat(listener.isHeldByOthers()).isFalse();
      } finally {
        try (OutputStream unused = Files.newOutputStream(fifo)) {
          start.get();
        }
      }
      ProcessHandle.of(start.get()).map(ProcessHandle::onExit).ifPresent(CompletableFuture::join);
    } finally {
      Sockets.close(fd);
    }
  }

  /** They become what they are to be, and end, also between two looks at them. */
  @Test
  void nor_do_programs_that_are_started_all_the_time() throws Exception {
    int fd = Sockets.tcp(false);
    AtomicBoolean isOver = new AtomicBoolean();
    List<FutureTask<Integer>> starting = new ArrayList<>();
    try {
      Sockets.bind(fd, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      Sockets.listen(fd, 1);
      int port = Sockets.localAddress(fd).getPort();
      ServiceListener listener = ServiceListener.find(Set.of(port), List.of()).getFirst();
      for (int i = 0; i < 2; i++) {
        FutureTask<Integer> start = new FutureTask<>(() -> startUntil(isOver));
        starting.add(start);
        new Thread(start).start();
      }
      for (int i = 0; i < 200; i++) {
        assertThat(listener.isHeldByOthers()).as("look %d", i).isFalse();
      }
    } finally {
      isOver.set(true);
      Sockets.close(fd);
    }
    for (FutureTask<Integer> start : starting) {
      assertThat(start.get()).isPositive();
    }
  }

  private static int startUntil(AtomicBoolean isOver) throws Exception {
    int count = 0;
    while (!isOver.get()) {
      assertThat(new ProcessBuilder("true").start().waitFor()).isZero();
      count++;
    }
    return count;
  }

  private static int holders(ServiceListener listener) throws Exception {
    return ProcessFiles.socketHolders(Set.of(listener.inode()))
        .getOrDefault(listener.inode(), List.of())
        .size();
  }
}
