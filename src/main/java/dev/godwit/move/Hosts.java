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
import java.util.List;

/** The two hosts of a move, each connected when it is first asked for. Threads: safe. */
public final class Hosts implements AutoCloseable {
  /** What the third host of a move is called. */
  static final String WATCHER = "watcher";

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

  /**
   * One host that no plan names yet.
   *
   * @param destination an ssh destination, or {@code local}
   * @param ssh extra arguments for ssh
   */
  public static Host single(String role, String destination, List<String> ssh)
      throws HostException {
    return destination.equals("local")
        ? new LocalHost(role, Abilities.all())
        : SshHost.connect(role, SshDestination.parse(destination), ssh, AgentFile.running());
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

  Host of(Role role) throws HostException {
    return factory(role).connect();
  }

  HostFactory factory(Role role) {
    return role == Role.OLD ? oldHost : newHost;
  }

  public Host oldHost() throws HostException {
    return oldHost.connect();
  }

  public Host newHost() throws HostException {
    return newHost.connect();
  }

  @Override
  public void close() {
    oldHost.close();
    newHost.close();
  }
}
