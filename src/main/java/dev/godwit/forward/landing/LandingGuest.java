package dev.godwit.forward.landing;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.gate.SocketName;
import dev.godwit.forward.gate.SocketPreamble;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.relay.Attempt;
import dev.godwit.forward.relay.Dial;
import dev.godwit.forward.relay.LocalService;
import dev.godwit.forward.relay.Passage;
import dev.godwit.forward.relay.Preamble;
import dev.godwit.forward.relay.ProxyHeader;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.Side;
import dev.godwit.forward.relay.SocketSide;
import dev.godwit.linux.Epoll;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixSockets;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A connection from a gate until it is joined to a service: reads the preamble, reaches the
 * service, answers. Loop thread only.
 */
final class LandingGuest implements EventLoop.Handler {
  private static final long PREAMBLE_NANOS_MAX = 5_000_000_000L;

  /** The group of a user who has no name on this host. */
  private static final int NOBODY = 65534;

  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  private final Landing landing;
  private final Relay relay;
  private final int fd;
  private final MemorySegment buffer = Arena.ofAuto().allocate(Preamble.BYTES);
  private int read;
  private boolean known;
  private boolean ended;
  private @Nullable Dial dial;
  private EventLoop.@Nullable Timer timer;

  LandingGuest(Landing landing, int fd) {
    this.landing = landing;
    this.relay = landing.relay();
    this.fd = fd;
  }

  void start() {
    timer = relay.loop().after(PREAMBLE_NANOS_MAX, this::refuse);
    read();
  }

  @Override
  public void ready(int events) {
    if (ended) {
      return;
    }
    if (!known) {
      read();
    } else if ((events & (Epoll.RDHUP | Epoll.HUP | Epoll.ERR)) != 0) {
      end(); // the gate took its client back
    }
  }

  private void read() {
    while (read < Preamble.BYTES) {
      long n = Sockets.receive(fd, buffer.address() + read, Preamble.BYTES - read);
      if (n == -Errno.EAGAIN) {
        return;
      }
      if (n <= 0) {
        refuse();
        return;
      }
      read += (int) n;
    }
    byte[] said = buffer.toArray(ValueLayout.JAVA_BYTE);
    Preamble preamble = Preamble.decode(said, landing.secret());
    SocketPreamble socket = preamble == null ? SocketPreamble.decode(said, landing.secret()) : null;
    if (preamble == null && socket == null) {
      refuse();
      return;
    }
    known = true;
    landing.known(this);
    stopTimer();
    if (socket != null) {
      reach(socket);
      return;
    }
    switch (Objects.requireNonNull(preamble).kind()) {
      case PROBE -> {
        answer(0);
        finish();
      }
      case RELAY -> reach(preamble);
      case RELEASED, WITHDRAWN -> obey(preamble);
    }
  }

  /** Services may have to end first, which the others' connections do not wait for. */
  private void obey(Preamble word) {
    Thread.ofPlatform()
        .daemon()
        .name("landing word")
        .start(
            () -> {
              int errno = landing.obey(word);
              relay
                  .loop()
                  .execute(
                      () -> {
                        if (!ended) {
                          answer(errno);
                          finish();
                        }
                      });
            });
  }

  /** No word about what was wrong: whoever does not know the secret learns nothing. */
  private void refuse() {
    if (!ended && !known) {
      landing.forged(this);
      end();
    }
  }

  private void reach(Preamble preamble) {
    InetSocketAddress asked = preamble.destination();
    int port = asked.getPort();
    PortGroup group = landing.group(port);
    if (group == null) {
      failed(asked.getPort(), Errno.EACCES);
      return;
    }
    try {
      InetAddress client = preamble.client().getAddress();
      Passage.Way way = landing.passage().of(preamble.epoch());
      InetSocketAddress service = landing.services().locate(client, asked);
      if (service == null && way.taken()) {
        // The service is down, and its gate needs none: whatever address it is asked at.
        service = new InetSocketAddress(LocalService.loopback(client), asked.getPort());
      }
      if (service == null) {
        failed(asked.getPort(), Errno.ECONNREFUSED);
        return;
      }
      Dial made =
          Dial.start(
              relay.loop(),
              call(preamble, group.clientAddress(), service, way),
              new Result(() -> landing.services().forget(port), "port " + port));
      if (!ended) {
        dial = made;
      }
    } catch (LinuxException e) {
      failed(asked.getPort(), e.errno());
    } catch (IOException e) {
      relay.countError(String.valueOf(e.getMessage()));
      failed(asked.getPort(), Errno.EIO);
    }
  }

  /**
   * As the user that the client is said to be here; else as the one who has its name, or, of one
   * without a name, its number.
   */
  private void reach(SocketPreamble preamble) {
    Path asked = landing.socket(preamble.socket());
    if (asked == null) {
      failed("a socket that is not served here", Errno.EACCES);
      return;
    }
    String what = "unix:" + asked;
    Runnable unknown = () -> failed(what, Errno.EIO);
    int number = landing.numberHere(preamble.uid());
    if (preamble.user().isEmpty() || number != preamble.uid()) {
      landing
          .users()
          .user(
              number,
              user -> reach(asked, preamble, number, user == null ? NOBODY : user.gid()),
              unknown);
    } else {
      landing
          .users()
          .user(
              preamble.user(),
              user -> {
                if (user == null) {
                  relay.countError("there is no user " + preamble.user() + " on this host");
                  failed(what, Errno.EACCES);
                } else {
                  reach(asked, preamble, user.uid(), user.gid());
                }
              },
              unknown);
    }
  }

  private void reach(Path asked, SocketPreamble preamble, int uid, int gid) {
    if (ended) {
      return;
    }
    try {
      // What a later decision sent passes the gate of this host, if that has the name.
      boolean taken = landing.passage().of(preamble.epoch()).taken();
      Dial made =
          Dial.start(
              relay.loop(),
              new Dial.Call(
                  UnixDomainSocketAddress.of(taken ? asked : SocketName.behindGate(asked)),
                  null,
                  false,
                  new byte[0],
                  false,
                  CONNECT_LIMIT,
                  new UnixSockets.Peer(0, uid, gid)),
              new Result(() -> {}, "unix:" + asked));
      if (!ended) {
        dial = made;
      }
    } catch (IOException e) {
      relay.countError(String.valueOf(e.getMessage()));
      failed("unix:" + asked, Errno.EIO);
    }
  }

  private Dial.Call call(
      Preamble preamble, ClientAddress mode, InetSocketAddress service, Passage.Way way) {
    boolean transparent = mode == ClientAddress.TRANSPARENT;
    if (transparent
        && !LocalService.sameFamily(preamble.client().getAddress(), service.getAddress())) {
      relay.countError("the service does not listen on the client's address family");
      transparent = false;
    }
    byte[] hello =
        way.taken()
            ? new byte[0] // the landing where this host's gate sends it writes one, and one only
            : switch (mode) {
              case TRANSPARENT, PLAIN -> new byte[0];
              case PROXY_V1 -> ProxyHeader.version1(preamble.client(), preamble.destination());
              case PROXY_V2 -> ProxyHeader.version2(preamble.client(), preamble.destination());
            };
    Passage.Pass pass = way.pass();
    // One that passes must know its source before it connects: as which it would connect anyway.
    InetSocketAddress source =
        transparent
            ? preamble.client()
            : pass == null ? null : new InetSocketAddress(service.getAddress(), 0);
    return new Dial.Call(service, source, transparent, hello, false, CONNECT_LIMIT, null, pass);
  }

  private final class Result implements Attempt.Outcome {
    private final Runnable forget;
    private final String what;

    /**
     * @param forget where it was found, because it is not there
     */
    private Result(Runnable forget, String what) {
      this.forget = forget;
      this.what = what;
    }

    @Override
    public void connected(Side service) {
      dial = null;
      ended = true;
      answer(0);
      relay.join(new SocketSide(relay.loop(), fd, Relay.ANY_EVENTS), service, () -> {});
    }

    @Override
    public void failed(int errno) {
      dial = null;
      forget.run();
      LandingGuest.this.failed(what, errno);
    }
  }

  private void failed(int port, int errno) {
    landing.services().forget(port);
    failed("port " + port, errno);
  }

  private void failed(String what, int errno) {
    if (ended) {
      return;
    }
    relay.countError(what + ": " + Errno.message(errno));
    answer(errno);
    finish();
  }

  /** Four bytes into an empty socket: they fit. */
  private void answer(int errno) {
    MemorySegment.copy(Preamble.answer(errno), 0, buffer, ValueLayout.JAVA_BYTE, 0, 4);
    Sockets.send(fd, buffer.address(), Preamble.ANSWER_BYTES);
  }

  private void finish() {
    if (!ended) {
      ended = true;
      relay.loop().forget(fd);
      Sockets.close(fd);
    }
  }

  private void end() {
    if (!ended) {
      ended = true;
      stopTimer();
      Dial running = dial;
      if (running != null) {
        running.cancel();
      }
      relay.loop().forget(fd);
      Sockets.closeWithReset(fd);
    }
  }

  private void stopTimer() {
    if (timer != null) {
      timer.cancel();
    }
  }
}
