package dev.godwit.survey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.host.RuntimeDirectory;
import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.KernelWriters;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@link Running} out of /proc (proc(5)) and the kernel's list of sockets. */
final class RunningReader {
  private static final int PROCESSES_MAX = 20_000;
  private static final int FILES_OF_PROCESS_MAX = 200;
  private static final int ARGUMENTS_MAX = 32;
  private static final int ARGUMENT_CHARS_MAX = 512;

  /** O_ACCMODE of open(2): read only is 0. */
  private static final int ACCESS_MODE = 3;

  private static final Pattern UNIT = Pattern.compile("/([^/]+\\.(?:service|socket|mount))(?:/|$)");

  /** How the common runtimes call the control group of a container. */
  private static final Pattern CONTAINER =
      Pattern.compile(
          "(?:/docker/|/docker-|/libpod-|/crio-|cri-containerd-|/lxc\\.payload\\.|/lxc/|/machine-)"
              + "([A-Za-z0-9_.\\\\-]+?)(?:\\.scope)?(?:/|$)");

  private static final byte[] EXE = Names.of("exe");

  private final Map<Long, List<Integer>> socketHolders = new HashMap<>();
  private final String ownMounts = link("/proc/self/ns/mnt");

  private RunningReader() {}

  static Running read() throws IOException {
    return new RunningReader().running();
  }

  private Running running() throws IOException {
    List<Socket> sockets = new ArrayList<>();
    for (TcpSocket socket : SocketDiagnostics.listeners()) {
      sockets.add(
          new Socket(
              "tcp",
              Sockets.display(socket.local().getAddress()),
              socket.local().getPort(),
              socket.inode()));
    }
    sockets.addAll(udp("/proc/net/udp"));
    sockets.addAll(udp("/proc/net/udp6"));
    sockets.forEach(socket -> socketHolders.put(socket.inode(), new ArrayList<>()));

    List<Running.Proc> processes = new ArrayList<>();
    boolean isWhole = true;
    int self = (int) ProcessHandle.current().pid();
    try (DirectoryHandle proc = DirectoryHandle.open(Names.of("/proc"))) {
      for (DirectoryEntry entry : proc.entries()) {
        String name = Names.display(entry.name());
        if (name.isEmpty() || !Character.isDigit(name.charAt(0))) {
          continue;
        }
        int pid = Integer.parseInt(name);
        if (pid == self) {
          continue;
        }
        if (processes.size() >= PROCESSES_MAX) {
          isWhole = false;
          break;
        }
        Running.Proc process = process(proc, pid);
        if (process != null) {
          processes.add(process);
        }
      }
    }
    List<Running.Listener> listeners = new ArrayList<>();
    Set<Long> daemons = RuntimeDirectory.daemons();
    for (Socket socket : sockets) {
      List<Integer> holders = socketHolders.getOrDefault(socket.inode(), List.of());
      List<Integer> others = holders.stream().filter(pid -> !daemons.contains((long) pid)).toList();
      if (others.isEmpty() && !holders.isEmpty()) {
        continue; // such as a gate's, which makes room for its services
      }
      listeners.add(
          new Running.Listener(socket.protocol(), socket.address(), socket.port(), others));
    }
    return new Running(listeners, processes, kernel(), isWhole);
  }

  private static List<Running.OfKernel> kernel() throws IOException {
    return KernelWriters.all().stream()
        .map(
            each ->
                new Running.OfKernel(
                    PathText.display(each.path()),
                    each.kind() == KernelWriters.Kind.EXPORT,
                    each.display()))
        .toList();
  }

  private record Socket(String protocol, String address, int port, long inode) {}

  /** Unconnected UDP sockets: state 07 in /proc/net/udp. */
  private static List<Socket> udp(String file) throws IOException {
    List<Socket> sockets = new ArrayList<>();
    List<String> lines;
    try {
      lines = Files.readAllLines(Path.of(file), ISO_8859_1);
    } catch (NoSuchFileException e) {
      return sockets; // a kernel without IPv6
    }
    for (String line : lines) {
      String[] fields = line.strip().split(" +");
      if (fields.length > 9 && fields[3].equals("07")) {
        String[] local = fields[1].split(":", 2);
        sockets.add(
            new Socket(
                "udp",
                address(local[0]),
                Integer.parseInt(local[1], 16),
                Long.parseLong(fields[9])));
      }
    }
    return sockets;
  }

  /** The kernel prints words of four bytes in the host's order, which is little-endian here. */
  static String address(String hex) {
    byte[] bytes = new byte[hex.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      int at = (i / 4 * 4 + 3 - i % 4) * 2;
      bytes[i] = (byte) Integer.parseInt(hex, at, at + 2, 16);
    }
    try {
      return Sockets.display(InetAddress.getByAddress(bytes));
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes", e);
    }
  }

  /** Null when it has ended, or is a thread of the kernel. */
  private Running.@Nullable Proc process(DirectoryHandle proc, int pid) {
    try (DirectoryHandle folder = proc.beneath(Names.of(Integer.toString(pid)))) {
      String program = Names.display(folder.readLink(EXE));
      Path path = Path.of("/proc/" + pid);
      Map<String, String> status = new HashMap<>();
      for (String line : Files.readAllLines(path.resolve("status"), ISO_8859_1)) {
        int colon = line.indexOf(':');
        if (colon > 0) {
          status.put(line.substring(0, colon), line.substring(colon + 1).strip());
        }
      }
      String groups = Files.readString(path.resolve("cgroup"), ISO_8859_1);
      String container = container(groups);
      if (container.isEmpty() && !link(path + "/ns/pid").equals(link("/proc/self/ns/pid"))) {
        container = "processes of its own"; // a root of its own has a service in a chroot, too
      }
      return new Running.Proc(
          pid,
          Integer.parseInt(status.getOrDefault("PPid", "0")),
          Long.parseLong(status.getOrDefault("Uid", "0").split("\\s", 2)[0]),
          Names.display(status.getOrDefault("Name", "?").getBytes(ISO_8859_1)),
          program,
          unit(groups),
          container.isEmpty() && isContained(path) ? "another mount namespace" : container,
          arguments(path),
          writes(folder, pid));
    } catch (IOException e) {
      return null;
    }
  }

  /** A service with a private view of files (PrivateTmp and its kin) is still one of the host. */
  private boolean isContained(Path process) {
    return !link(process + "/ns/mnt").equals(ownMounts)
        && !link(process + "/ns/pid").equals(link("/proc/self/ns/pid"));
  }

  private static String link(String path) {
    try {
      return Files.readSymbolicLink(Path.of(path)).toString();
    } catch (IOException e) {
      return "";
    }
  }

  static String unit(String groups) {
    String found = "";
    for (String line : groups.split("\n", -1)) {
      // hierarchy:controllers:path; the unified one and systemd's own say the unit
      String[] fields = line.split(":", 3);
      if (fields.length == 3 && (fields[1].isEmpty() || fields[1].equals("name=systemd"))) {
        Matcher matcher = UNIT.matcher(fields[2]);
        while (matcher.find()) {
          found = matcher.group(1);
        }
      }
    }
    return found;
  }

  static String container(String groups) {
    Matcher matcher = CONTAINER.matcher(groups);
    if (!matcher.find()) {
      return "";
    }
    String name = matcher.group(1);
    return name.matches("[0-9a-f]{64}") ? name.substring(0, 12) : name;
  }

  private static List<String> arguments(Path process) throws IOException {
    byte[] bytes;
    try (var in = Files.newInputStream(process.resolve("cmdline"))) {
      bytes = in.readNBytes(16 * 1024);
    }
    List<String> arguments = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < bytes.length && arguments.size() < ARGUMENTS_MAX; i++) {
      if (bytes[i] == 0) {
        String argument = Names.display(java.util.Arrays.copyOfRange(bytes, from, i));
        arguments.add(
            argument.length() > ARGUMENT_CHARS_MAX
                ? argument.substring(0, ARGUMENT_CHARS_MAX)
                : argument);
        from = i + 1;
      }
    }
    return arguments;
  }

  private List<String> writes(DirectoryHandle process, int pid) throws LinuxException {
    Set<String> files = new LinkedHashSet<>();
    try (DirectoryHandle descriptors = process.beneath(Names.of("fd"))) {
      for (DirectoryEntry descriptor : descriptors.entries()) {
        String target;
        try {
          target = Names.display(descriptors.readLink(descriptor.name()));
        } catch (LinuxException e) {
          continue; // closed while we looked
        }
        if (target.startsWith("socket:[")) {
          holds(Long.parseLong(target, 8, target.length() - 1, 10), pid);
        } else if (target.startsWith("/")
            && !target.startsWith("/dev/")
            && files.size() < FILES_OF_PROCESS_MAX
            && isForWriting(pid, Names.display(descriptor.name()))) {
          files.add(target);
        }
      }
    }
    return List.copyOf(files);
  }

  private void holds(long inode, int pid) {
    List<Integer> holders = socketHolders.get(inode);
    if (holders != null && !holders.contains(pid)) {
      holders.add(pid);
    }
  }

  private static boolean isForWriting(int pid, String descriptor) {
    try {
      for (String line :
          Files.readAllLines(Path.of("/proc/" + pid + "/fdinfo/" + descriptor), ISO_8859_1)) {
        if (line.startsWith("flags:")) {
          return (Integer.parseInt(line.substring("flags:".length()).strip(), 8) & ACCESS_MODE)
              != 0;
        }
      }
    } catch (IOException e) {
      return false; // closed while we looked
    }
    return false;
  }
}
