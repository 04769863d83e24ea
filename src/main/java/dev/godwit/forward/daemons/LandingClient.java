package dev.godwit.forward.daemons;

import dev.godwit.forward.DaemonClient;
import dev.godwit.forward.GateException;
import dev.godwit.forward.Moves;
import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.landing.LandingOptions;
import dev.godwit.forward.landing.LandingStatus;
import dev.godwit.forward.landing.StartLease;
import dev.godwit.forward.relay.Preamble;
import dev.godwit.host.Host;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;

/**
 * A move's landing on new, as the mover commands it. Throws {@link GateException} when it refuses,
 * and another IOException when it could not be asked. Threads: any.
 */
public final class LandingClient {
  private final Host landingHost;
  private final String move;

  public LandingClient(Host landingHost, String move) {
    this.landingHost = landingHost;
    this.move = move;
  }

  /** Where a landing listens, and its secret. */
  public record Started(int port, byte[] token) {
    public Started {
      token = token.clone();
    }

    @Override
    public byte[] token() {
      return token.clone();
    }

    /** What a gate needs, once the mover knows at which address its host is reached. */
    public Destination at(InetAddress address) {
      return new Destination(address, port, token);
    }
  }

  /**
   * Starts daemon and landing. With the same options again, changes nothing.
   *
   * @throws IOException also when a later epoch has begun there
   */
  public Started start(LandingOptions options, long epoch) throws IOException {
    MessageWriter request = request(LandingCommand.START, epoch);
    options.write(request);
    MessageReader answer = ask(request);
    return new Started(answer.u32(), answer.bytes(Preamble.SECRET_BYTES));
  }

  /**
   * Until a release is known there, the services may run for so long; see {@link StartLease#grant}.
   *
   * @param services for the daemon's {@link dev.godwit.forward.landing.LeasedServices.Factory}
   */
  public void lease(long epoch, Duration limit, byte[] services) throws IOException {
    ask(request(LandingCommand.LEASE, epoch).u64(epoch).u64(limit.toMillis()).bytes(services));
  }

  /** What runs there may stay, or has stopped; see {@link StartLease#settle}. */
  public void settle(long epoch) throws IOException {
    ask(request(LandingCommand.SETTLE, epoch));
  }

  public LandingStatus status() throws IOException {
    return LandingStatus.read(ask(request(LandingCommand.STATUS, 0)));
  }

  /**
   * Ends daemon and landing; what is relayed is reset.
   *
   * @return false when none ran
   * @throws IOException also when a later epoch has begun there
   */
  public boolean end(long epoch) throws IOException {
    try {
      ask(request(LandingCommand.END, epoch));
      return true;
    } catch (GateException e) {
      if (e.kind() == GateException.Kind.ABSENT) {
        return false;
      }
      throw e;
    }
  }

  private MessageWriter request(LandingCommand command, long epoch) {
    return Moves.request(move).u64(epoch).u8(command.ordinal());
  }

  private MessageReader ask(MessageWriter request) throws IOException {
    return DaemonClient.read(landingHost.call(LandingAbility.NAME, request.toBytes()));
  }
}
