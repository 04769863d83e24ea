package dev.godwit.move;

import dev.godwit.host.Ability;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.wire.Channel;
import dev.godwit.wire.Connection;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.PeerFailure;
import dev.godwit.wire.WireException;
import java.io.IOException;

/**
 * The connections of the background process to the hosts, for commands that only ask: they need not
 * log in anew and wait until an agent has started. Each channel to an ability of a host is a
 * channel to this one, whose messages are passed on both ways.
 */
final class LentHosts implements Ability {
  static final String NAME = "background.host";

  private static final int NAME_BYTES_MAX = 256;

  private final Hosts hosts;

  LentHosts(Hosts hosts) {
    this.hosts = hosts;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException {
    MessageReader in = new MessageReader(argument);
    Role role = Background.role(in);
    String ability = in.text(NAME_BYTES_MAX);
    byte[] request = in.bytes(Channel.MESSAGE_BYTES_MAX);
    in.end();
    try (Channel far = hosts.of(role).open(ability, request)) {
      Thread.ofPlatform().daemon().name("ask-" + role.word()).start(() -> passOn(channel, far));
      passAll(far, channel);
    } catch (PeerFailure e) {
      throw new IOException(e.reason(), e); // in its own words, as without anybody in between
    }
  }

  private static void passOn(Channel from, Channel to) {
    try {
      passAll(from, to);
      to.finish();
    } catch (WireException e) {
      to.close(); // nobody asks any more, or nobody answers: who receives from it is told
    }
  }

  private static void passAll(Channel from, Channel to) throws WireException {
    for (byte[] message = from.receive(); message != null; message = from.receive()) {
      to.send(message);
    }
  }

  /** A host as a command has it that borrows its connection. */
  record Lent(Connection connection, Role role) implements Host {
    @Override
    public String name() {
      return role.word();
    }

    @Override
    public boolean isLocal() {
      return false;
    }

    @Override
    public boolean isLost() {
      return connection.isLost();
    }

    @Override
    public Channel open(String ability, byte[] argument) throws HostException {
      MessageWriter request = new MessageWriter().u8(role.ordinal()).text(ability).bytes(argument);
      try {
        return connection.open(NAME, request.toBytes());
      } catch (WireException e) {
        throw new HostException("Cannot reach " + name() + ": " + e.getMessage(), e);
      }
    }

    @Override
    public void close() {
      // The connection is the background process's.
    }
  }
}
