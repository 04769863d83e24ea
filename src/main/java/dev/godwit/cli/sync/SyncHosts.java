package dev.godwit.cli.sync;

import dev.godwit.agent.Abilities;
import dev.godwit.host.Ability;
import dev.godwit.host.AgentFile;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.LocalHost;
import dev.godwit.host.SshDestination;
import dev.godwit.host.SshHost;
import dev.godwit.host.SshOptions;
import dev.godwit.linux.Identity;
import dev.godwit.sync.rules.Invocation;
import dev.godwit.sync.rules.LineOptions;
import dev.godwit.sync.rules.RsyncPath;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The two hosts of a copy; at most one of them is another one. */
public final class SyncHosts implements AutoCloseable {
  /** For a password, or a look at the key of an unknown host. */
  private static final Duration TIME_TO_ANSWER = Duration.ofMinutes(5);

  /** An agent says nothing while it starts, which takes its time on a slow host. */
  private static final long START_SECONDS_MIN = SshOptions.STANDARD.connectLimit().toSeconds();

  /** The other side says every 2 s that it lives: a shorter limit would end what works. */
  private static final int SILENCE_SECONDS_MIN = 5;

  private final Host source;
  private final Host target;

  private SyncHosts(Host source, Host target) {
    this.source = source;
    this.target = target;
  }

  /**
   * @param isAttended whether somebody is at the terminal whom ssh may ask
   * @param remarks for such a one, as in {@link SshOptions}; rsync has none of these in a log
   * @throws HostException when the other host cannot be reached or used
   */
  static SyncHosts connect(Invocation invocation, boolean isAttended, Consumer<String> remarks)
      throws HostException {
    // Within one host nothing is asked of abilities, and loading them would cost every start.
    LineOptions line = invocation.line();
    int silence = invocation.rules().timeoutSeconds;
    List<Ability> here = invocation.isWithinOneHost() ? List.of() : Abilities.all();
    Consumer<String> told = isAttended ? remarks : remark -> {};
    Host source =
        connect(
            "source", invocation.sourceHost(), here, line, silence, List.of(), isAttended, told);
    try {
      return new SyncHosts(
          source,
          connect(
              "target", invocation.targetHost(), here, line, silence, List.of(), isAttended, told));
    } catch (HostException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /**
   * Connects to one host.
   *
   * @param role what it is in this run: {@code source}, {@code target}
   * @param name as for ssh; null: this host
   * @param here what this host can do
   * @param silenceSeconds that it may be silent; 0: the usual limit (--timeout)
   * @param more arguments for ssh
   * @param isAttended whether somebody is at the terminal whom ssh may ask
   * @param remarks as in {@link SshOptions}
   */
  public static Host connect(
      String role,
      @Nullable String name,
      List<Ability> here,
      LineOptions line,
      int silenceSeconds,
      List<String> more,
      boolean isAttended,
      Consumer<String> remarks)
      throws HostException {
    if (name == null) {
      return new LocalHost(role, here);
    }
    SshOptions options = SshOptions.STANDARD.stayingAtHome().withRemarks(remarks);
    if (isAttended) {
      options = options.attended().withConnectLimit(TIME_TO_ANSWER);
    }
    if (silenceSeconds > 0) {
      options =
          options
              .withSilenceLimit(Duration.ofSeconds(Math.max(silenceSeconds, SILENCE_SECONDS_MIN)))
              .withConnectLimit(Duration.ofSeconds(Math.max(silenceSeconds, START_SECONDS_MIN)));
    }
    if (line.connectSeconds > 0) {
      options = options.withConnectLimit(Duration.ofSeconds(line.connectSeconds));
    }
    RsyncPath path = RsyncPath.of(line);
    if (path != null) {
      if (path.isForRsyncAlone()) {
        throw new HostException(
            path
                + " is no program with its arguments that ends with rsync, so Godwit's agent cannot be"
                + " started by it on "
                + name
                + ". Write it as one, such as --rsync-path='sudo rsync'");
      }
      options = options.withRunBy(path.before());
    }
    if (line.keepSeconds >= 0) {
      options = options.withKeep(Duration.ofSeconds(line.keepSeconds));
    }
    List<String> arguments = new ArrayList<>(more);
    if (line.ipv4 || line.ipv6) {
      arguments.add(line.ipv4 ? "-4" : "-6");
    }
    try {
      return SshHost.connectBy(
          shell(line), role, SshDestination.parse(name), arguments, AgentFile.running(), options);
    } catch (HostException e) {
      if (path == null || path.before().isEmpty()) {
        throw e;
      }
      // The far shell names a program that is missing there, and not who asked for it.
      throw new HostException(
          e.trouble(), e.getMessage() + " What is started there is started by " + path + ".", e);
    }
  }

  /** The program of -e and its arguments. */
  private static List<String> shell(LineOptions line) {
    if (line.remoteShell.isEmpty()) {
      return List.of("ssh");
    }
    List<String> shell = new ArrayList<>();
    for (byte[] argument : line.remoteShell) {
      shell.add(new String(argument, StandardCharsets.UTF_8));
    }
    return shell;
  }

  /** What of the line is not as it was asked for, for people. */
  static List<String> remarks(Invocation invocation) {
    int silence = invocation.rules().timeoutSeconds;
    return invocation.isWithinOneHost() || silence == 0 || silence >= SILENCE_SECONDS_MIN
        ? List.of()
        : List.of(
            "--timeout="
                + silence
                + " is taken for "
                + SILENCE_SECONDS_MIN
                + ": the other side says every 2 s that it is there, and a busy host says it late");
  }

  /** Whether the agent on the target's host will be root's, by the words of the user. */
  static boolean isMostLikelyRoots(Invocation invocation) {
    RsyncPath path = RsyncPath.of(invocation.line());
    if (path != null && !path.before().isEmpty()) {
      return true; // sudo, mostly
    }
    String host = String.valueOf(invocation.targetHost());
    int end = host.lastIndexOf('@');
    String user = end < 0 ? "" : host.substring(host.lastIndexOf('/', end) + 1, end);
    return user.isEmpty() ? Identity.isRoot() : user.equals("root");
  }

  Host source() {
    return source;
  }

  Host target() {
    return target;
  }

  @Override
  public void close() {
    source.close();
    target.close();
  }
}
