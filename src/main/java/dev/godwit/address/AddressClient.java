package dev.godwit.address;

import dev.godwit.host.Host;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.PeerFailure;
import dev.godwit.wire.Printable;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * A floating address as one host has it, asked from anywhere. Every failure names the host. Orders
 * may be repeated; they are refused when a later epoch of the move has begun there.
 */
public final class AddressClient {
  private static final int WHY_MAX = 4096;

  private final Host host;
  private final String move;
  private final FloatingAddress floating;

  /**
   * @param floating with the interface's name on this host
   */
  public AddressClient(Host host, String move, FloatingAddress floating) {
    this.host = host;
    this.move = move;
    this.floating = floating;
  }

  /** Whether it is on its interface there. */
  public boolean isHeld() throws IOException {
    return ask(request(AddressAbility.STATE, 0)).u8() == AddressHolder.State.HELD.ordinal();
  }

  /**
   * By what the host is reached on the floating address's network.
   *
   * @param address another one of its own
   * @param ethernet of the interface
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Own(InetAddress address, byte[] ethernet) {}

  /** How the host is reached on the same network, if it has another address there. */
  public Optional<Own> own() throws IOException {
    MessageReader answer = ask(request(AddressAbility.STATE, 0));
    int unused = answer.u8();
    byte[] own = answer.bytes(16);
    byte[] ethernet = answer.bytes(AddressHolder.ETHERNET_BYTES);
    try {
      return own.length == 0
          ? Optional.empty()
          : Optional.of(new Own(InetAddress.getByAddress(own), ethernet));
    } catch (UnknownHostException e) {
      throw new WireException("malformed message: not an address", e);
    }
  }

  /** See {@link AddressHolder#whyNoStrays}. */
  public String whyNoStrays() throws IOException {
    return Printable.line(ask(request(AddressAbility.TRY_STRAYS, 0)).text(WHY_MAX), WHY_MAX);
  }

  /** See {@link AddressHolder#give}. */
  public void give(long epoch, boolean keep) throws IOException {
    MessageReader unused = ask(request(AddressAbility.GIVE, epoch).bool(keep));
  }

  /** See {@link AddressHolder#take}. */
  public void take(long epoch) throws IOException {
    MessageReader unused = ask(request(AddressAbility.TAKE, epoch).bool(false));
  }

  /** Puts it where it was a moment ago, without asking whether another host has it. */
  public void takeAgain(long epoch) throws IOException {
    MessageReader unused = ask(request(AddressAbility.TAKE, epoch).bool(true));
  }

  /** See {@link AddressHolder#sendStrays}. */
  public boolean sendStrays(long epoch, Own other) throws IOException {
    MessageWriter request = request(AddressAbility.STRAYS, epoch);
    return ask(request.bytes(other.address.getAddress()).bytes(other.ethernet)).bool();
  }

  /** See {@link AddressHolder#sendNoStrays}. */
  public void sendNoStrays(long epoch) throws IOException {
    MessageReader unused = ask(request(AddressAbility.NO_STRAYS, epoch));
  }

  /** See {@link AddressHolder#clear}. */
  public void clear(long epoch) throws IOException {
    MessageReader unused = ask(request(AddressAbility.CLEAR, epoch));
  }

  /** Tells the network again where the address is. */
  public void announce(long epoch) throws IOException {
    MessageReader unused = ask(request(AddressAbility.ANNOUNCE, epoch));
  }

  private MessageWriter request(int order, long epoch) {
    return new MessageWriter()
        .u8(order)
        .text(move)
        .u64(epoch)
        .bytes(floating.address().getAddress())
        .u32(floating.prefix())
        .text(floating.link());
  }

  private MessageReader ask(MessageWriter request) throws IOException {
    try {
      return new MessageReader(host.call(AddressAbility.NAME, request.toBytes()));
    } catch (PeerFailure e) {
      throw new AddressException("on " + host.name() + ": " + e.reason(), e);
    } catch (WireException e) {
      throw new AddressException("on " + host.name() + ": " + e.getMessage(), e);
    }
  }
}
