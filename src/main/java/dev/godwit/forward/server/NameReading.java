package dev.godwit.forward.server;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.relay.Relay;
import dev.godwit.linux.Epoll;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the server name in the first message of a TLS client, and leaves its bytes where they
 * are: TLS is passed through as it came. Loop thread only.
 */
final class NameReading implements EventLoop.Handler, Reading {
  private static final long NANOS_MAX = 5_000_000_000L;

  private final ForwardGroup group;
  private final int loopIndex;
  private final Relay relay;
  private final Arrival arrival;

  /** Whether its client sends no more than what has come. */
  private boolean finished;

  private boolean done;
  private EventLoop.@Nullable Timer timer;

  NameReading(ForwardGroup group, int loopIndex, Relay relay, Arrival arrival) {
    this.group = group;
    this.loopIndex = loopIndex;
    this.relay = relay;
    this.arrival = arrival;
  }

  void start(boolean registered) throws LinuxException {
    if (registered) {
      relay.loop().hand(arrival.fd(), this);
    } else {
      relay.loop().add(arrival.fd(), EventLoop.interest(), this);
    }
    group.reads(loopIndex, this);
    timer = relay.loop().within(NANOS_MAX, () -> fail("no server name within 5 s"));
    read();
  }

  @Override
  public void ready(int events) {
    if (!done) {
      finished |= (events & Epoll.RDHUP) != 0;
      if ((events & (Epoll.ERR | Epoll.HUP)) != 0) {
        fail("gone before it asked for a name");
      } else {
        read();
      }
    }
  }

  private void read() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(ServerName.BYTES_MAX);
      long n = Sockets.peek(arrival.fd(), buffer.address(), ServerName.BYTES_MAX);
      if (n == -Errno.EAGAIN) {
        return;
      }
      if (n <= 0) {
        fail("gone before it asked for a name");
        return;
      }
      byte[] bytes = buffer.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
      ServerName.Found found = ServerName.find(bytes, bytes.length);
      if (found.complete()) {
        group.named(loopIndex, relay, arrival, found.name());
        finish();
      } else if (finished) {
        fail("ended before it had asked for a name");
      }
    } catch (LinuxException e) {
      fail(e.reason());
    }
  }

  private void fail(String cause) {
    end("client: " + cause);
  }

  @Override
  public void end(String cause) {
    if (!done) {
      finish();
      relay.loop().forget(arrival.fd());
      group.drop(arrival, cause);
    }
  }

  private void finish() {
    done = true;
    group.readsNoMore(loopIndex, this);
    if (timer != null) {
      timer.cancel();
    }
  }
}
