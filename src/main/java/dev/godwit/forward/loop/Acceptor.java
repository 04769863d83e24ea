package dev.godwit.forward.loop;

import dev.godwit.linux.Epoll;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.util.function.IntConsumer;

/** Accepts from one listening socket, level-triggered: what is left is announced again. */
public final class Acceptor implements EventLoop.Handler {
  /** After so many the connections that exist have their turn. */
  private static final int TURN_MAX = 64;

  /** Without descriptors, wait for some to come free. */
  private static final long PAUSE_NANOS = 50_000_000;

  private final EventLoop loop;
  private final int fd;
  private final IntConsumer arrival;
  private final boolean shared;
  private boolean registered;
  private boolean closed;

  /** One whose descriptor is its own, and closed with it. */
  public Acceptor(EventLoop loop, int fd, IntConsumer arrival) {
    this(loop, fd, arrival, false);
  }

  /**
   * @param shared several loops accept from the descriptor, and somebody else closes it
   */
  public Acceptor(EventLoop loop, int fd, IntConsumer arrival, boolean shared) {
    this.shared = shared;
    this.loop = loop;
    this.fd = fd;
    this.arrival = arrival;
  }

  /** Loop thread. */
  public void start() throws LinuxException {
    loop.add(fd, shared ? Epoll.IN | Epoll.EXCLUSIVE : Epoll.IN, this);
    registered = true;
  }

  @Override
  public void ready(int events) {
    accept(TURN_MAX);
  }

  /** Accepts what waits, at most {@code max}; returns how many. Loop thread. */
  public int accept(int max) {
    int count = 0;
    while (count < max && !closed) {
      int connection = Sockets.acceptFrom(fd);
      if (connection >= 0) {
        count++;
        arrival.accept(connection);
      } else if (connection == -Errno.EINVAL) {
        // The owner of a duplicate called shutdown(2): listening again revives the port.
        try {
          Sockets.listen(fd, ServiceListener.BACKLOG);
        } catch (LinuxException e) {
          return count;
        }
        return count;
      } else if (connection == -Errno.EMFILE || connection == -Errno.ENFILE) {
        pause();
        return count;
      } else if (connection != -Errno.ECONNABORTED && connection != -Errno.EINTR) {
        return count;
      }
    }
    return count;
  }

  private void pause() {
    if (registered) {
      registered = false;
      loop.remove(fd);
      goOnLater();
    }
  }

  private void goOnLater() {
    EventLoop.Timer unused = loop.after(PAUSE_NANOS, this::goOn);
  }

  private void goOn() {
    try {
      if (!closed) {
        start();
      }
    } catch (LinuxException e) {
      // What was short a moment ago may be so still; a port that nobody accepts from looks open.
      System.getLogger(Acceptor.class.getName())
          .log(System.Logger.Level.WARNING, "accepting goes on later", e);
      goOnLater();
    }
  }

  /** Stops, and closes this process's copy unless it is shared. Loop thread. */
  public void close() {
    if (!closed) {
      closed = true;
      if (registered) {
        loop.remove(fd);
      }
      if (!shared) {
        Sockets.close(fd);
      }
    }
  }
}
