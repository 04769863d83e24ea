package dev.godwit.sync.copy;

import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.LocalHost;
import dev.godwit.wire.Channel;
import java.util.List;

/** This host, taken for a far one: its sides of a copy are served over channels in memory. */
final class TestingFarHost implements Host {
  private final LocalHost host;

  TestingFarHost(String name) {
    host = new LocalHost(name, List.of(new CopySourceAbility(), new CopyTargetAbility()));
  }

  @Override
  public String name() {
    return host.name();
  }

  @Override
  public boolean isLocal() {
    return false;
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
    host.close();
  }
}
