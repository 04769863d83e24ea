package dev.godwit.forward.ladder;

import dev.godwit.forward.GateException;
import dev.godwit.host.Processes;
import dev.godwit.linux.Identity;
import dev.godwit.linux.Sockets;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which {@link Rung} a gate of this host would get: each is put up and taken down again, the best
 * one first, until one works. A version number says less: of Linux 5.9 the look-up may be lacking,
 * or be forbidden to a container.
 *
 * <p>The look-up is tried where the gate would be, with a port that nobody else can have meanwhile.
 * The packet filter is tried in a network of its own, which ends with the program that makes the
 * rules: in the host's, the kernel would begin to track connections, and chains of iptables would
 * stay. So what the host's own rules have against it is not found.
 */
public final class Trial {
  private static final Duration PROGRAM_LIMIT = Duration.ofSeconds(10);
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final int TEXT_MAX = 64 * 1024;

  /**
   * What was found.
   *
   * @param why for people: the rung's name, and why not a better one
   */
  public record Result(Rung rung, String why) {
    public void write(MessageWriter out) {
      out.u8(rung.ordinal()).text(why);
    }

    public static Result read(MessageReader in) throws WireException {
      int rung = in.u8();
      if (rung >= Rung.values().length) {
        throw new WireException("malformed message: rung " + rung);
      }
      return new Result(Rung.values()[rung], in.text(TEXT_MAX));
    }
  }

  private final List<String> reasons = new ArrayList<>();

  private Trial() {}

  /**
   * Tries this host, in the calling thread's network namespace. Leaves nothing behind.
   *
   * @throws GateException UNSUPPORTED when the one that {@link Ladder#PROPERTY} asks for does not
   *     work
   */
  public static Result make() throws GateException {
    Rung forced = Ladder.wanted();
    Trial trial = new Trial();
    if (forced != null) {
      trial.reasons.add(Ladder.PROPERTY + " says so");
    }
    for (Rung rung : Rung.values()) {
      if (forced == null || forced == rung) {
        String name = trial.name(rung);
        if (name != null) {
          return new Result(rung, Ladder.why(name, trial.reasons));
        }
      }
    }
    throw Ladder.nothing(trial.reasons);
  }

  /** What to call a rung that works; null when it does not. */
  private @Nullable String name(Rung rung) {
    return switch (rung) {
      case LOOKUP -> lookup() ? ifTraced(rung.display()) : null;
      case TAKEOVER -> Ladder.canTakeOver(reasons) ? ifTraced(redirection(rung)) : null;
      case REDIRECTION -> redirection(rung);
      case LISTENING -> rung.display();
    };
  }

  /** Which services there will be is not known here. */
  private static @Nullable String ifTraced(@Nullable String name) {
    return name == null || Identity.hasCapability(Identity.CAP_SYS_PTRACE)
        ? name
        : name + " (redirection where a service may not be traced: CAP_SYS_PTRACE is missing here)";
  }

  private boolean lookup() {
    int owner = -1;
    int listener = -1;
    try (LookupSwitch lookup = LookupSwitch.open()) {
      owner = Sockets.tcp(false);
      // Bound, it keeps others from the port; it does not listen, so nothing else takes
      // connections.
      Sockets.bind(owner, new InetSocketAddress(LOOPBACK, 0));
      int port = Sockets.localAddress(owner).getPort();
      listener = Ladder.listener(false);
      lookup.on(Set.of(port), listener);
      connect(port);
      return true;
    } catch (GateException e) {
      reasons.add(String.valueOf(e.getMessage()));
      return false;
    } catch (IOException e) {
      reasons.add("the kernel's socket look-up does not work: " + e.getMessage());
      return false;
    } finally {
      for (int fd : new int[] {listener, owner}) {
        if (fd >= 0) {
          Sockets.close(fd);
        }
      }
    }
  }

  private static void connect(int port) throws IOException {
    try (Socket client = new Socket()) {
      client.setSoLinger(true, 0);
      client.connect(new InetSocketAddress(LOOPBACK, port), (int) Ladder.PROBE_LIMIT.toMillis());
    } catch (IOException e) {
      throw new IOException("a connection did not come by it: " + e.getMessage(), e);
    }
  }

  private @Nullable String redirection(Rung rung) {
    if (!Identity.hasCapability(Identity.CAP_NET_ADMIN)) {
      Ladder.addOnce(reasons, Ladder.NO_REDIRECTION + "CAP_NET_ADMIN is missing");
      return null;
    }
    String untried = whyUntried();
    List<String> failures = new ArrayList<>();
    for (String tool : Ladder.tools()) {
      PacketFilter filter = PacketFilter.apart(tool);
      try {
        if (untried.isEmpty()) {
          filter.prepare();
          return rung.display() + " by " + tool;
        }
        return "%s by %s (not tried: %s)"
            .formatted(rung.display(), Processes.find(filter.program()), untried);
      } catch (IOException e) {
        failures.add(String.valueOf(e.getMessage()));
      }
    }
    Ladder.addOnce(reasons, Ladder.NO_REDIRECTION + String.join("; ", failures));
    return null;
  }

  /** Why there cannot be a network of its own here, as in many containers; empty when there can. */
  private static String whyUntried() {
    List<String> command = new ArrayList<>(PacketFilter.APART);
    command.add("true");
    try {
      Processes.Outcome outcome = Processes.run(command, PROGRAM_LIMIT);
      return outcome.isSuccess() ? "" : outcome.said();
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }
}
