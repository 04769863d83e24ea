package dev.godwit.address;

import dev.godwit.host.Ability;
import dev.godwit.host.EpochFence;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Serves one question or order about a floating address of this host; {@link AddressClient} asks.
 */
public final class AddressAbility implements Ability {
  static final String NAME = "address";
  static final int STATE = 1;
  static final int GIVE = 2;
  static final int TAKE = 3;
  static final int STRAYS = 4;
  static final int NO_STRAYS = 5;
  static final int CLEAR = 6;
  static final int ANNOUNCE = 7;
  static final int TRY_STRAYS = 8;
  private static final int TEXT_MAX = 256;

  /** Orders of one process come one after the other. */
  private static final ReentrantLock TURN = new ReentrantLock();

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader in = new MessageReader(argument);
    int order = in.u8();
    String move = in.text(TEXT_MAX);
    long epoch = in.u64();
    FloatingAddress floating = new FloatingAddress(address(in), in.count(128), in.text(TEXT_MAX));
    Path directory = RuntimeDirectory.of(move).resolve("address");
    Files.createDirectories(directory);
    AddressHolder holder = new AddressHolder(floating, directory, move);
    MessageWriter answer = new MessageWriter();
    TURN.lockInterruptibly();
    try {
      if (order != STATE && order != TRY_STRAYS) {
        EpochFence.open(directory).check(epoch);
      }
      switch (order) {
        case STATE -> {
          Optional<InetAddress> own = holder.own();
          answer.u8(holder.state().ordinal());
          answer.bytes(own.map(InetAddress::getAddress).orElse(new byte[0]));
          answer.bytes(holder.ethernetAddress());
        }
        case TRY_STRAYS -> answer.text(holder.whyNoStrays());
        case GIVE -> holder.give(in.bool());
        case TAKE -> holder.take(in.bool());
        case STRAYS -> answer.bool(holder.sendStrays(address(in), ethernet(in)));
        case NO_STRAYS -> holder.sendNoStrays();
        case CLEAR -> holder.clear();
        case ANNOUNCE -> holder.announce();
        default -> throw new WireException("malformed message: unknown order " + order);
      }
    } finally {
      TURN.unlock();
    }
    in.end();
    answer.sendTo(channel);
  }

  private static byte[] ethernet(MessageReader in) throws WireException {
    byte[] address = in.bytes(AddressHolder.ETHERNET_BYTES);
    if (address.length != AddressHolder.ETHERNET_BYTES) {
      throw new WireException("malformed message: not an Ethernet address");
    }
    return address;
  }

  private static InetAddress address(MessageReader in) throws WireException {
    try {
      return InetAddress.getByAddress(in.bytes(16));
    } catch (UnknownHostException e) {
      throw new WireException("malformed message: not an address", e);
    }
  }
}
