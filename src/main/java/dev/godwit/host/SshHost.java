package dev.godwit.host;

import dev.godwit.wire.Connection;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A host reached by the system's ssh, so that the user's keys, agents, jump hosts, known hosts and
 * configuration work as they do every day. An agent serves the abilities there; it is uploaded when
 * it is missing and ends with the connection, unless it is kept for the next one ({@link
 * SshOptions#keep}).
 */
public final class SshHost extends ConnectedHost {
  private static final System.Logger LOG = System.getLogger(SshHost.class.getName());

  private final SshSession session;

  /** Whether the next run may use the session. */
  private final boolean isKept;

  private SshHost(String name, SshSession session, Connection connection, boolean isKept) {
    super(name, connection);
    this.isKept = isKept;
    this.session = session;
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
    boolean isNewEnough = Runtime.version().feature() >= options.javaMin();
    RuntimeImage made = isNewEnough ? RuntimeImage.made().orElse(null) : null;
    try {
      return connectBy(shell, role, destination, sshArguments, agent, made, options);
    } catch (HostException e) {
      if (e.trouble() != HostException.Trouble.NO_JAVA || made != null || !isNewEnough) {
        throw e;
      }
      RuntimeImage runtime;
      try {
        options
            .remarks()
            .accept(
                "making a Java for %s (%s), once: some ten seconds…".formatted(role, destination));
        runtime = make();
      } catch (HostException unmade) {
        throw new HostException(e.trouble(), e.getMessage() + " " + unmade.getMessage(), unmade);
      }
      if (runtime == null) {
        throw e;
      }
      return connectBy(shell, role, destination, sshArguments, agent, runtime, options);
    }
  }

  /** For this host and those that come after it; null where it cannot be made. */
  private static @Nullable RuntimeImage make() throws HostException {
    try {
      return RuntimeImage.make().orElse(null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException("Interrupted while a Java for far hosts was made", e);
    }
  }

  private static SshHost connectBy(
      List<String> shell,
      String role,
      SshDestination destination,
      List<String> sshArguments,
      AgentFile agent,
      @Nullable RuntimeImage runtime,
      SshOptions options)
      throws HostException {
    String name = role + " (" + destination + ")";
    String call = call(shell, destination, sshArguments);
    Path base = options.keep() == null ? null : keptLines();
    String key = "";
    if (base != null) {
      SshOptions any = options.withKeep(null);
      key = KeptSsh.key(argv(shell, destination, sshArguments, agent, null, any));
      SshHost kept = kept(base, key, name, call, agent, options);
      if (kept != null) {
        return kept;
      }
    }
    Duration keep = options.keep();
    boolean isKept = base != null && keep != null && keep.isPositive();
    List<String> argv =
        quick(
            shell,
            argv(
                shell,
                destination,
                sshArguments,
                agent,
                runtime,
                isKept ? options : options.withKeep(null)),
            name);
    SshSession session;
    try {
      session =
          isKept && base != null
              ? KeptSsh.start(base, key, destination.toString(), argv, options.isAttended())
              : PipedSsh.start(argv, name, options.isAttended());
    } catch (IOException e) {
      throw new HostException("Cannot reach " + name + ": " + e.getMessage(), e);
    }
    try {
      Connection connection =
          new SshConnector(name, call, agent, runtime, options, session).connect();
      return of(name, session, connection, options);
    } catch (HostException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private static List<String> quick(List<String> shell, List<String> argv, String name)
      throws HostException {
    try {
      return isSsh(shell.getFirst()) ? SshCiphers.quick(argv) : argv;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HostException("Interrupted before " + name + " was reached", e);
    }
  }

  private static SshHost of(
      String name, SshSession session, Connection connection, SshOptions options) {
    Duration keep = options.keep();
    boolean isKept = keep != null && keep.isPositive();
    SshHost host = new SshHost(name, session, connection, isKept);
    connection.onLost(loss -> host.endSession());
    return host;
  }

  /** What a person types to see what that shell says. */
  private static String call(
      List<String> shell, SshDestination destination, List<String> sshArguments) {
    List<String> words = new ArrayList<>(shell);
    if (isSsh(shell.getFirst())) {
      words.addAll(sshArguments);
    }
    words.add(destination.toString());
    return String.join(" ", words);
  }

  private static List<String> argv(
      List<String> shell,
      SshDestination destination,
      List<String> sshArguments,
      AgentFile agent,
      @Nullable RuntimeImage runtime,
      SshOptions options)
      throws HostException {
    String command = Bootstrap.command(agent, runtime, options);
    if (!isSsh(shell.getFirst())) {
      return SshArguments.ofShell(shell, destination, command);
    }
    List<String> extra = new ArrayList<>(shell.subList(1, shell.size()));
    extra.addAll(sshArguments);
    return SshArguments.of(shell.getFirst(), destination, extra, command, options.isAttended());
  }

  /** Where lines are kept; null where there is no private place for that: then none is kept. */
  private static @Nullable Path keptLines() {
    try {
      return RuntimeDirectory.agents();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "no agent is kept", e);
      return null;
    }
  }

  /** The host by a line of an earlier run; null when there is none, or it does not answer. */
  private static @Nullable SshHost kept(
      Path base, String key, String name, String call, AgentFile agent, SshOptions options) {
    KeptSsh session = null;
    try {
      session = KeptSsh.take(base, key);
      if (session == null) {
        return null;
      }
      Connection connection = new SshConnector(name, call, agent, null, options, session).resume();
      return of(name, session, connection, options);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "the kept agent cannot be used", e);
      if (session != null) {
        session.close();
      }
      return null;
    }
  }

  private static boolean isSsh(String program) {
    return program.equals("ssh") || program.endsWith("/ssh");
  }

  /** As {@link Connection#onLost}. */
  public void onLost(Consumer<WireException> listener) {
    connection.onLost(listener);
  }

  @Override
  public void close() {
    if (session instanceof KeptSsh kept && !connection.isLost()) {
      // Also of one that is to end: what ends it must not come with this connection's last words.
      if (connection.closeInOrder() && isKept) {
        kept.leave();
        return;
      }
    }
    connection.close();
    session.close();
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
        .name("godwit end of " + name())
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
