package dev.godwit.forward.loop;

import dev.godwit.forward.Limits;
import dev.godwit.forward.rules.Listen;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.ProcessFiles;
import dev.godwit.linux.ProcessTable;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.Sysctl;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Why a socket cannot be listened on, in words for whoever wanted it. */
final class ListenTrouble {
  private static final Path FIRST_UNPRIVILEGED =
      Path.of("/proc/sys/net/ipv4/ip_unprivileged_port_start");

  private static final String ITSELF =
      "this forwarder itself (process " + ProcessHandle.current().pid() + ")";

  private ListenTrouble() {}

  static IOException port(Listen.Port listen, InetSocketAddress address, LinuxException cause) {
    String wanted = "unable to listen on " + ListenSocket.display(listen, address) + ": ";
    return new IOException(
        wanted
            + switch (cause.errno()) {
              case Errno.EACCES ->
                  "ports below "
                      + firstUnprivileged()
                      + " need root or the capability CAP_NET_BIND_SERVICE";
              case Errno.EADDRINUSE -> inUse(holders(address, listen.udp()));
              case Errno.EADDRNOTAVAIL ->
                  Sockets.display(address.getAddress()) + " is not an address of this host";
              default -> cause.reason();
            },
        cause);
  }

  static IOException unix(Listen.Unix listen, IOException cause) {
    return unix("unable to create " + listen.display() + ": ", listen, cause);
  }

  static IOException dressing(Listen.Unix listen, IOException cause) {
    String wanted = "unable to set owner, group or mode of " + listen.display() + ": ";
    return cause instanceof NoSuchFileException
        ? new IOException(wanted + "it was removed; a restart makes it anew", cause)
        : unix(wanted, listen, cause);
  }

  private static IOException unix(String wanted, Listen.Unix listen, IOException cause) {
    String reason =
        switch (cause) {
          case LinuxException e when e.errno() == Errno.ENOENT ->
              "its directory " + listen.path().getParent() + " does not exist";
          case LinuxException e when e.errno() == Errno.EADDRINUSE ->
              "another program made it at this moment";
          case LinuxException e -> e.reason();
          case AccessDeniedException _ -> "its directory may not be written to";
          case FileSystemException e when "Operation not permitted".equals(e.getReason()) ->
              "only root may give it to another owner or group";
          default -> String.valueOf(cause.getMessage());
        };
    return new IOException(wanted + reason, cause);
  }

  static IOException unixInUse(Path path, int errno) {
    if (errno != 0 && errno != Errno.EAGAIN) {
      return new IOException(
          "unable to create unix:"
              + path
              + ": there is a socket, and whether somebody listens on it cannot be seen: "
              + Errno.message(errno));
    }
    return new IOException("unable to create unix:" + path + ": " + inUse(unixHolders(path)));
  }

  private static String inUse(Set<String> holders) {
    if (holders.contains(ITSELF)) {
      return ITSELF
          + " has it by the rules in force, and one that holds more or fewer addresses takes its"
          + " place with a restart only";
    }
    return holders.isEmpty()
        ? "another program has it, which this user may not look into"
        : String.join(", ", holders)
            + (holders.size() == 1 ? " has it; " : " have it; ")
            + "stop that first, or name another one";
  }

  private static String firstUnprivileged() {
    try {
      return Sysctl.read(FIRST_UNPRIVILEGED);
    } catch (IOException e) {
      return "1024";
    }
  }

  /** {@code nginx (process 4711)}. */
  private static Set<String> holders(InetSocketAddress address, boolean isUdp) {
    try {
      Set<Long> inodes = new LinkedHashSet<>();
      if (isUdp) {
        addDatagramSockets(inodes, "net/udp", address);
        addDatagramSockets(inodes, "net/udp6", address);
      } else {
        for (SocketDiagnostics.TcpSocket s :
            SocketDiagnostics.sockets(address.getPort(), SocketDiagnostics.LISTEN)) {
          if (clashes(s.local().getAddress(), address.getAddress())) {
            inodes.add(s.inode());
          }
        }
      }
      return names(inodes);
    } catch (IOException e) {
      return Set.of(); // it remains true that the port is taken
    }
  }

  private static boolean clashes(InetAddress bound, InetAddress wanted) {
    return bound.isAnyLocalAddress() || wanted.isAnyLocalAddress() || bound.equals(wanted);
  }

  /** Those at the same port, connected ones too, of the kernel's list (proc(5)). */
  private static void addDatagramSockets(Set<Long> inodes, String file, InetSocketAddress wanted)
      throws IOException {
    Path list = Limits.ofThread(file);
    if (Files.notExists(list)) {
      return; // a kernel without IPv6
    }
    for (String line : Files.readAllLines(list)) {
      String[] fields = line.strip().split("\\s+");
      String[] local = fields.length > 9 ? fields[1].split(":") : new String[0];
      if (local.length == 2
          && Integer.parseInt(local[1], 16) == wanted.getPort()
          && clashes(addressOf(local[0]), wanted.getAddress())) {
        inodes.add(Long.parseLong(fields[9]));
      }
    }
  }

  /** The kernel prints words of four bytes in the host's order, which is little-endian here. */
  private static InetAddress addressOf(String hex) throws UnknownHostException {
    byte[] bytes = HexFormat.of().parseHex(hex);
    ByteBuffer words = ByteBuffer.wrap(bytes);
    while (words.hasRemaining()) {
      int at = words.position();
      words.putInt(at, Integer.reverseBytes(words.getInt()));
    }
    return InetAddress.getByAddress(bytes);
  }

  private static Set<String> unixHolders(Path path) {
    try {
      Set<Long> inodes = new LinkedHashSet<>();
      for (String line : Files.readAllLines(Path.of("/proc/net/unix"))) {
        String[] fields = line.strip().split("\\s+", 8);
        if (fields.length == 8 && fields[7].equals(path.toString())) {
          inodes.add(Long.parseLong(fields[6]));
        }
      }
      return names(inodes);
    } catch (IOException e) {
      return Set.of();
    }
  }

  private static Set<String> names(Set<Long> inodes) throws IOException {
    Set<String> names = new LinkedHashSet<>();
    for (List<ProcessFiles.Holder> holders : ProcessFiles.socketHolders(inodes).values()) {
      for (ProcessFiles.Holder holder : holders) {
        if (holder.pid() == ProcessHandle.current().pid()) {
          return Set.of(ITSELF);
        }
        if (names.size() < 3) {
          names.add(ProcessTable.program(holder.pid()) + " (process " + holder.pid() + ")");
        }
      }
    }
    return names;
  }
}
