package dev.godwit.forward.loop;

import dev.godwit.linux.Epoll;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who asks this process something: short requests that end with a mark, and an answer to
 * each. Size and time are bounded, for it may be anybody. Loop thread only.
 */
public final class Asker implements EventLoop.Handler {
  /** What is asked, and how it is answered. */
  public interface Service {
    /** What a request ends with. */
    String mark();

    /**
     * Answers one request; runs on the loop's thread, but for what {@link #mayTakeLong}.
     *
     * @param fd of the connection, for who has to send more than bytes
     */
    Answer answer(String request, int fd);

    /**
     * Whether the answer to a request may have to wait for another host: it is made on a thread of
     * its own then, and other requests are answered meanwhile.
     */
    default boolean mayTakeLong(String request) {
      return false;
    }

    /** The connection is closed. */
    default void left(int fd) {}
  }

  /**
   * An answer.
   *
   * @param last the connection ends behind it
   */
  public record Answer(String text, boolean last) {}

  private static final int REQUEST_BYTES_MAX = 8192;

  /** For a request to come whole, and for an answer to be taken. */
  private static final long NANOS_MAX = 10_000_000_000L;

  /** For the next request, of one that was told that there will be one: it may have to start. */
  private static final long NEXT_NANOS_MAX = 120_000_000_000L;

  private final EventLoop loop;
  private final int fd;
  private final Service service;
  private final Consumer<Asker> ended;
  private final byte[] request = new byte[REQUEST_BYTES_MAX];
  private int length;
  private @Nullable MemorySegment answer;
  private long sent;
  private boolean last;
  private boolean answering;
  private boolean over;
  private boolean hasAsked;
  private EventLoop.@Nullable Timer timer;

  Asker(EventLoop loop, int fd, Service service, Consumer<Asker> ended) {
    this.loop = loop;
    this.fd = fd;
    this.service = service;
    this.ended = ended;
  }

  void start() throws LinuxException {
    loop.add(fd, EventLoop.interest(), this);
    endAfter(NANOS_MAX);
    go();
  }

  /** Whether no request of it has come whole yet: it may be one that only keeps a place. */
  boolean hasAskedNothing() {
    return !hasAsked;
  }

  /** Whether it has an answer that it has not taken: that may be all that it wants. */
  boolean isNotRead() {
    return answer != null;
  }

  private void endAfter(long nanos) {
    if (timer != null) {
      timer.cancel();
    }
    timer = loop.within(nanos, this::end);
  }

  @Override
  public void ready(int events) {
    if (!over) {
      if ((events & (Epoll.ERR | Epoll.HUP)) != 0) {
        end();
      } else {
        go();
      }
    }
  }

  private void go() {
    while (!over && !answering) {
      if (answer != null) {
        if (!isSent(answer)) {
          return;
        }
      } else if (!isRead()) {
        return;
      }
    }
  }

  private boolean isSent(MemorySegment bytes) {
    while (sent < bytes.byteSize()) {
      long n = Sockets.send(fd, bytes.address() + sent, bytes.byteSize() - sent);
      if (n < 0) {
        if (n != -Errno.EAGAIN) {
          end();
        }
        return false;
      }
      sent += n;
    }
    answer = null;
    if (last) {
      Sockets.finish(fd);
      end();
    } else {
      endAfter(NEXT_NANOS_MAX);
    }
    return true;
  }

  private boolean isRead() {
    String mark = service.mark();
    int at = new String(request, 0, length, StandardCharsets.ISO_8859_1).indexOf(mark);
    if (at >= 0) {
      String one = new String(request, 0, at, StandardCharsets.UTF_8);
      int rest = at + mark.length();
      System.arraycopy(request, rest, request, 0, length - rest);
      length -= rest;
      hasAsked = true;
      if (service.mayTakeLong(one)) {
        answering = true;
        if (timer != null) {
          timer.cancel();
        }
        Thread.ofPlatform().daemon().name("answer").start(() -> answerLater(one));
      } else {
        answer(service.answer(one, fd));
      }
      return true;
    }
    if (length == REQUEST_BYTES_MAX) {
      end();
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(REQUEST_BYTES_MAX);
      long n = Sockets.receive(fd, buffer.address(), REQUEST_BYTES_MAX - length);
      if (n <= 0) {
        if (n != -Errno.EAGAIN) {
          end();
        }
        return false;
      }
      MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, request, length, (int) n);
      length += (int) n;
      return true;
    }
  }

  private void answer(Answer made) {
    byte[] bytes = made.text().getBytes(StandardCharsets.UTF_8);
    MemorySegment kept =
        Arena.ofAuto().allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
    MemorySegment.copy(bytes, 0, kept, ValueLayout.JAVA_BYTE, 0, bytes.length);
    answer = kept;
    endAfter(NANOS_MAX);
    sent = 0;
    last = made.last();
  }

  private void answerLater(String one) {
    Answer made = null;
    try {
      made = service.answer(one, fd);
    } finally {
      Answer known = made;
      loop.execute(() -> answered(known));
    }
  }

  /**
   * @param made null when that has failed
   */
  private void answered(@Nullable Answer made) {
    answering = false;
    if (over) {
      return; // whoever asked has gone
    }
    if (made == null) {
      end();
    } else {
      answer(made);
      go();
    }
  }

  /** Closes the connection. Idempotent. */
  void end() {
    if (!over) {
      over = true;
      if (timer != null) {
        timer.cancel();
      }
      loop.forget(fd);
      Sockets.close(fd);
      service.left(fd);
      ended.accept(this);
    }
  }
}
