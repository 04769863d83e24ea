package dev.godwit.host;

import dev.godwit.wire.Channel;
import dev.godwit.wire.Connection;
import dev.godwit.wire.WireException;
import org.jspecify.annotations.Nullable;

/** A host whose abilities are served at the other end of a connection. */
public abstract class ConnectedHost implements Host {
  protected final Connection connection;
  private final String name;

  protected ConnectedHost(String name, Connection connection) {
    this.name = name;
    this.connection = connection;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final boolean isLocal() {
    return false;
  }

  @Override
  public final boolean isLost() {
    return connection.isLost();
  }

  @Override
  public final Channel open(String ability, byte[] argument) throws HostException {
    try {
      return connection.open(ability, argument);
    } catch (WireException e) {
      throw unreachable(e);
    }
  }

  @Override
  public final @Nullable Channel tryOpen(String ability, byte[] argument) throws HostException {
    try {
      return connection.tryOpen(ability, argument);
    } catch (WireException e) {
      throw unreachable(e);
    }
  }

  private HostException unreachable(WireException e) {
    return new HostException("Cannot reach " + name + ": " + e.getMessage(), e);
  }

  @Override
  public final String toString() {
    return name;
  }
}
