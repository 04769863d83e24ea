package dev.godwit.host;

import dev.godwit.wire.Channel;
import dev.godwit.wire.InMemoryChannels;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** This host: its abilities are served in this process. */
public final class LocalHost implements Host {
  private final String name;
  private final AbilityServer server;
  private final Set<InMemoryChannels.ChannelPair> open = new HashSet<>();
  private boolean closed;

  /**
   * @param role what the host is in this run: {@code old}, {@code new}, {@code source}
   */
  public LocalHost(String role, List<Ability> abilities) {
    this.name = role + " (this host)";
    this.server = new AbilityServer(abilities);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean isLocal() {
    return true;
  }

  @Override
  public Channel open(String ability, byte[] argument) throws HostException {
    InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("the controller", name);
    synchronized (open) {
      if (closed) {
        throw new HostException(name + " was closed");
      }
      open.add(pair);
    }
    byte[] copy = argument.clone();
    Thread.ofPlatform()
        .daemon()
        .name("godwit " + ability + " on " + name)
        .start(
            () -> {
              try (Channel channel = pair.b()) {
                server.accept(ability, copy, channel);
              } finally {
                synchronized (open) {
                  open.remove(pair);
                }
              }
            });
    return pair.a();
  }

  @Override
  public void close() {
    List<InMemoryChannels.ChannelPair> left;
    synchronized (open) {
      closed = true;
      left = List.copyOf(open);
    }
    for (InMemoryChannels.ChannelPair pair : left) {
      pair.a().fail(name + " was closed");
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
