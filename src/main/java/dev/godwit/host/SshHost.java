package dev.godwit.host;

import dev.godwit.wire.Channel;
import dev.godwit.wire.Connection;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A host reached by the system's ssh, so that the user's keys, agents, jump hosts, known hosts and
 * configuration work as they do every day. An agent serves the abilities there; it is uploaded when
 * it is missing and ends with the connection.
 */
public final class SshHost implements Host {
  private final String name;
  private final SshSession session;
  private final Connection connection;

  private SshHost(String name, SshSession session, Connection connection) {
    this.name = name;
    this.session = session;
    this.connection = connection;
  }

  /** As the longer one, with {@link SshOptions#STANDARD}. */
  public static SshHost connect(
      String role, SshDestination destination, List<String> sshArguments, AgentFile agent)
      throws HostException {
    return connect(role, destination, sshArguments, agent, SshOptions.STANDARD);
  }

  /**
   * Connects, brings the agent there when it is missing, and starts it.
   *
   * @param role what the host is in this run: {@code old}, {@code new}, {@code source}
   * @param sshArguments more arguments for ssh, such as {@code -i FILE}
   * @throws HostException when the host cannot be reached or used; the message says who, why, in
   *     ssh's own words too, and what to do
   */
  public static SshHost connect(
      String role,
      SshDestination destination,
      List<String> sshArguments,
      AgentFile agent,
      SshOptions options)
      throws HostException {
    return connectBy(List.of("ssh"), role, destination, sshArguments, agent, options);
  }

  /**
   * The same by another remote shell than the ssh on the PATH.
   *
   * @param shell the program, and arguments that are its own; any other than ssh gets what rsh(1)
   *     takes: {@code [-l USER] HOST COMMAND}
   */
  public static SshHost connectBy(
      List<String> shell,
      String role,
      SshDestination destination,
      List<String> sshArguments,
      AgentFile agent,
      SshOptions options)
      throws HostException {
    String name = role + " (" + destination + ")";
    String command = Bootstrap.command(agent, options.javaMin());
    List<String> argv;
    if (isSsh(shell.getFirst())) {
      List<String> extra = new ArrayList<>(shell.subList(1, shell.size()));
      extra.addAll(sshArguments);
      argv = SshArguments.of(shell.getFirst(), destination, extra, command, options.isAttended());
    } else {
      argv = SshArguments.ofShell(shell, destination, command);
    }
    SshSession session;
    try {
      session = SshSession.start(argv, name, options.isAttended());
    } catch (IOException e) {
      throw new HostException("Cannot reach " + name + ": " + e.getMessage(), e);
    }
    try {
      Connection connection =
          new SshConnector(name, destination, agent, options, session).connect();
      SshHost host = new SshHost(name, session, connection);
      connection.onLost(loss -> host.endSession());
      return host;
    } catch (HostException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private static boolean isSsh(String program) {
    return program.equals("ssh") || program.endsWith("/ssh");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean isLocal() {
    return false;
  }

  @Override
  public Channel open(String ability, byte[] argument) throws HostException {
    try {
      return connection.open(ability, argument);
    } catch (WireException e) {
      throw new HostException("Cannot reach " + name + ": " + e.getMessage(), e);
    }
  }

  @Override
  public boolean isLost() {
    return connection.isLost();
  }

  /** As {@link Connection#onLost}. */
  public void onLost(Consumer<WireException> listener) {
    connection.onLost(listener);
  }

  @Override
  public void close() {
    connection.close();
    session.close();
  }

  @Override
  public String toString() {
    return name;
  }

  long sshPid() {
    return session.pid();
  }

  /**
   * Lets the last words out, then ends ssh; on a thread of its own, as the caller must not wait.
   */
  private void endSession() {
    Thread.ofPlatform()
        .daemon()
        .name("godwit end of " + name)
        .start(
            () -> {
              try {
                connection.awaitEnd(Duration.ofSeconds(2));
              } catch (InterruptedException e) {
                // Nobody interrupts this thread; ending ssh is right in any case.
              }
              session.close();
            });
  }
}
