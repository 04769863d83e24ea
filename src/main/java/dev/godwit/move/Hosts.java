package dev.godwit.move;

import dev.godwit.agent.Abilities;
import dev.godwit.host.AgentFile;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.HostFactory;
import dev.godwit.host.LocalHost;
import dev.godwit.host.SshDestination;
import dev.godwit.host.SshHost;
import dev.godwit.plan.Endpoint;
import dev.godwit.plan.Plan;

/** The two hosts of a move, each connected when it is first asked for. Threads: safe. */
public final class Hosts implements AutoCloseable {
  private final SharedHost oldHost;
  private final SharedHost newHost;

  private Hosts(SharedHost oldHost, SharedHost newHost) {
    this.oldHost = oldHost;
    this.newHost = newHost;
  }

  public static Hosts of(Plan plan) {
    return new Hosts(
        new SharedHost(factory("old", plan.oldHost(), plan)),
        new SharedHost(factory("new", plan.newHost(), plan)));
  }

  private static HostFactory factory(String role, Endpoint endpoint, Plan plan) {
    return switch (endpoint) {
      case Endpoint.Local _ -> () -> new LocalHost(role, Abilities.all());
      case Endpoint.Ssh ssh ->
          () ->
              SshHost.connect(
                  role, SshDestination.parse(ssh.destination()), plan.ssh(), AgentFile.running());
    };
  }

  public Host oldHost() throws HostException {
    return oldHost.connect();
  }

  public Host newHost() throws HostException {
    return newHost.connect();
  }

  HostFactory oldFactory() {
    return oldHost;
  }

  HostFactory newFactory() {
    return newHost;
  }

  @Override
  public void close() {
    oldHost.close();
    newHost.close();
  }
}
