package dev.godwit.forward.relay;

import dev.godwit.forward.GateException;
import dev.godwit.forward.ProcessIdentity;
import dev.godwit.host.Processes;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.Sysctl;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a host needs so that we may connect to its services from a client's own address: sockets
 * marked {@link #MARK} are answered through the loopback device (tcp(7) {@code tcp_fwmark_accept},
 * ip-rule(8)). Without packet filter or connection tracking, 127.0.0.1 included.
 *
 * <p>The values of before are on disk before the first change, and come back when the last user
 * ends. A user that was killed counts as ended as soon as somebody looks: at the next start.
 */
public final class TransparentRouting implements AutoCloseable {
  private static final Duration IP_LIMIT = Duration.ofSeconds(10);

  /** Of a socket whose answers go through the loopback device. */
  public static final int MARK = 0x67;

  /** The same, and past the rules of a gate on this host. */
  public static final int PASSING_MARK = 0x68;

  private static final int[] MARKS = {MARK, PASSING_MARK};
  private static final String TABLE = "103";
  private static final List<String> SWITCHES =
      List.of("net/ipv4/tcp_fwmark_accept", "net/ipv4/fwmark_reflect", "net/ipv6/fwmark_reflect");
  private static final Path SYSCTL = Path.of("/proc/sys");

  /** File locks are held by the process, not the thread. */
  private static final Object IN_PROCESS = new Object();

  private final Path directory;
  private final Path user;
  private boolean closed;

  private TransparentRouting(Path directory, Path user) {
    this.directory = directory;
    this.user = user;
  }

  /**
   * Sets the host up, unless another user has.
   *
   * @param directory shared by all users on the host
   * @param name of this user, unique among those that live
   */
  public static TransparentRouting acquire(Path directory, String name) throws IOException {
    Files.createDirectories(directory.resolve("users"));
    Path user = directory.resolve("users").resolve(name);
    synchronized (IN_PROCESS) {
      try (FileChannel channel = open(directory);
          FileLock lock = channel.lock()) {
        if (!hasLivingUsers(directory)) {
          restore(directory);
          remember(directory);
          Files.writeString(user, ProcessIdentity.own());
          try {
            apply();
          } catch (IOException e) {
            Files.delete(user);
            restore(directory);
            throw e;
          }
        } else {
          Files.writeString(user, ProcessIdentity.own());
        }
        if (!lock.isValid()) {
          throw new IOException(directory + " lost its lock");
        }
      }
    }
    return new TransparentRouting(directory, user);
  }

  /** Takes down what users that were killed have left. Does nothing while one lives. */
  public static void cleanUp(Path directory) throws IOException {
    if (Files.exists(directory.resolve("previous"))) {
      synchronized (IN_PROCESS) {
        try (FileChannel channel = open(directory);
            FileLock lock = channel.lock()) {
          if (lock.isValid() && !hasLivingUsers(directory)) {
            restore(directory);
          }
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      Files.deleteIfExists(user);
      cleanUp(directory);
    }
  }

  private static FileChannel open(Path directory) throws IOException {
    return FileChannel.open(
        directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private static boolean hasLivingUsers(Path directory) throws IOException {
    boolean living = false;
    try (Stream<Path> users = Files.list(directory.resolve("users"))) {
      for (Path user : users.toList()) {
        if (ProcessIdentity.isLiving(Files.readString(user))) {
          living = true;
        } else {
          Files.deleteIfExists(user);
        }
      }
    }
    return living;
  }

  private static void remember(Path directory) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String name : SWITCHES) {
      if (Files.exists(SYSCTL.resolve(name))) {
        lines.add(name + "=" + Sysctl.read(SYSCTL.resolve(name)));
      }
    }
    Path file = directory.resolve("previous");
    Files.write(file, lines);
    try (FileChannel channel = FileChannel.open(file)) {
      channel.force(true);
    }
  }

  private static void apply() throws IOException {
    for (String name : SWITCHES) {
      Path file = SYSCTL.resolve(name);
      if (Files.exists(file)) {
        Files.writeString(file, "1\n");
      } else if (name.startsWith("net/ipv4")) {
        throw new GateException(
            GateException.Kind.UNSUPPORTED,
            "this kernel has no "
                + file
                + ", so the client's own address cannot be kept; use proxy-v2, proxy-v1 or plain");
      }
    }
    for (String family : families()) {
      ip(family, "route", "replace", "local", "default", "dev", "lo", "table", TABLE);
      for (int mark : MARKS) {
        ip(family, "rule", "add", "fwmark", Integer.toString(mark), "lookup", TABLE);
      }
    }
  }

  private static void restore(Path directory) throws IOException {
    Path file = directory.resolve("previous");
    if (!Files.exists(file)) {
      return;
    }
    for (String family : families()) {
      for (int mark : MARKS) {
        tryIp(family, "rule", "del", "fwmark", Integer.toString(mark), "lookup", TABLE);
      }
      tryIp(family, "route", "flush", "table", TABLE);
    }
    for (String line : Files.readAllLines(file)) {
      int equals = line.indexOf('=');
      if (equals > 0 && SWITCHES.contains(line.substring(0, equals))) {
        Files.writeString(
            SYSCTL.resolve(line.substring(0, equals)), line.substring(equals + 1) + "\n");
      }
    }
    Files.delete(file);
  }

  /** IPv6 too, where the host has it at all. */
  private static List<String> families() {
    return Sockets.hasIpv6() ? List.of("-4", "-6") : List.of("-4");
  }

  private static void tryIp(String... arguments) {
    try {
      ip(arguments);
    } catch (IOException e) {
      return; // it was not there
    }
  }

  private static void ip(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    try {
      Processes.Outcome outcome = Processes.run(command, IP_LIMIT);
      if (!outcome.isSuccess()) {
        throw new IOException(String.join(" ", command) + " failed: " + outcome.err().strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(String.join(" ", command) + " was interrupted", e);
    }
  }
}
