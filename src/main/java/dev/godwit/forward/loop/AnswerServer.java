package dev.godwit.forward.loop;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Takes connections of those who ask something at one listening socket. */
public final class AnswerServer implements AutoCloseable {
  private static final int ASKERS_MAX = 32;

  private final EventLoop loop;
  private final ListenSocket socket;
  private final Asker.Service service;
  private final Acceptor acceptor;
  private final AtomicBoolean isClosed = new AtomicBoolean();

  /** The one that came first is the first. */
  private final Set<Asker> askers = new LinkedHashSet<>();

  private AnswerServer(EventLoop loop, ListenSocket socket, Asker.Service service) {
    this.loop = loop;
    this.socket = socket;
    this.service = service;
    acceptor = new Acceptor(loop, socket.fd(), this::arrived, true);
  }

  /** Serves on a loop from now on; closes the socket at its end. Any thread. */
  public static AnswerServer start(EventLoop loop, ListenSocket socket, Asker.Service service) {
    AnswerServer server = new AnswerServer(loop, socket, service);
    loop.execute(
        () -> {
          try {
            server.acceptor.start();
          } catch (LinuxException e) {
            throw new IllegalStateException(e);
          }
        });
    return server;
  }

  private void arrived(int fd) {
    if (askers.size() >= ASKERS_MAX) {
      askers.stream()
          .filter(Asker::hasAskedNothing)
          .findFirst()
          .or(() -> askers.stream().filter(Asker::isNotRead).findFirst())
          .ifPresent(Asker::end);
    }
    if (askers.size() >= ASKERS_MAX) {
      Sockets.closeWithReset(fd);
      return;
    }
    Asker asker = new Asker(loop, fd, service, askers::remove);
    askers.add(asker);
    try {
      asker.start();
    } catch (LinuxException e) {
      askers.remove(asker);
      Sockets.close(fd);
    }
  }

  /** Where it listens; null when it is closed. */
  public @Nullable ListenSocket socket() {
    return isClosed.get() ? null : socket;
  }

  /** Idempotent; any thread. */
  @Override
  public void close() {
    if (isClosed.compareAndSet(false, true)) {
      loop.execute(acceptor::close);
      socket.close();
    }
  }
}
