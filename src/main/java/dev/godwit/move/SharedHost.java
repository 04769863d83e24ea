package dev.godwit.move;

import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.HostFactory;
import dev.godwit.wire.Channel;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a host for all who need it, made anew when it was lost. What {@link #connect}
 * returns may be closed without ending the connection; {@link #close} ends it.
 *
 * <p>Threads: safe. One caller connects while the others wait for it.
 */
final class SharedHost implements HostFactory, AutoCloseable {
  private final HostFactory factory;
  private @Nullable Host host;
  private boolean closed;

  SharedHost(HostFactory factory) {
    this.factory = factory;
  }

  @Override
  public synchronized Host connect() throws HostException {
    if (closed) {
      throw new HostException("the connection was closed");
    }
    Host current = host;
    if (current != null && current.isLost()) {
      current.close();
      current = null;
    }
    if (current == null) {
      current = factory.connect();
      host = current;
    }
    return new Borrowed(current);
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (host != null) {
      host.close();
      host = null;
    }
  }

  private record Borrowed(Host host) implements Host {
    @Override
    public String name() {
      return host.name();
    }

    @Override
    public boolean isLocal() {
      return host.isLocal();
    }

    @Override
    public boolean isLost() {
      return host.isLost();
    }

    @Override
    public Channel open(String ability, byte[] argument) throws HostException {
      return host.open(ability, argument);
    }

    @Override
    public void close() {
      // The connection belongs to the SharedHost.
    }
  }
}
