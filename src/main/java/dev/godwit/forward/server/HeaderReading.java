package dev.godwit.forward.server;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.relay.ProxyHeader;
import dev.godwit.linux.Epoll;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Reads the PROXY header that a trusted peer must send first, and not one byte of what follows it:
 * looks at what has come, and takes it when it is whole. Loop thread only.
 */
final class HeaderReading implements EventLoop.Handler, Reading {
  private static final long NANOS_MAX = 5_000_000_000L;

  private final ForwardGroup group;
  private final int loopIndex;
  private final EventLoop loop;
  private final Arrival arrival;

  /** Whether its client sends no more than what has come. */
  private boolean finished;

  private boolean done;
  private EventLoop.@Nullable Timer timer;

  HeaderReading(ForwardGroup group, int loopIndex, EventLoop loop, Arrival arrival) {
    this.group = group;
    this.loopIndex = loopIndex;
    this.loop = loop;
    this.arrival = arrival;
  }

  void start() throws LinuxException {
    loop.add(arrival.fd(), EventLoop.interest(), this);
    group.reads(loopIndex, this);
    timer = loop.within(NANOS_MAX, () -> fail("no PROXY header within 5 s"));
    read();
  }

  @Override
  public void ready(int events) {
    if (!done) {
      finished |= (events & Epoll.RDHUP) != 0;
      if ((events & (Epoll.ERR | Epoll.HUP)) != 0) {
        fail("gone before its PROXY header");
      } else {
        read();
      }
    }
  }

  private void read() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(ProxyHeader.BYTES_MAX);
      long n = Sockets.peek(arrival.fd(), buffer.address(), ProxyHeader.BYTES_MAX);
      if (n == -Errno.EAGAIN) {
        return;
      }
      if (n <= 0) {
        fail("gone before its PROXY header");
        return;
      }
      byte[] bytes = buffer.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
      ProxyHeader.Parsed parsed = ProxyHeader.parse(bytes, bytes.length);
      ProxyHeader.Announced announced = parsed.announced();
      if (announced != null) {
        Sockets.receive(arrival.fd(), buffer.address(), parsed.length());
        group.route(loopIndex, group.relay(loopIndex), arrival.announced(announced), true);
        finish();
      } else if (finished) {
        fail("ended within its PROXY header");
      }
    } catch (ProxyHeader.MalformedException e) {
      fail(e.getMessage());
    } catch (LinuxException e) {
      fail(e.reason());
    }
  }

  private void fail(@Nullable String cause) {
    end("trusted peer: " + cause);
  }

  @Override
  public void end(String cause) {
    if (!done) {
      finish();
      loop.forget(arrival.fd());
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
