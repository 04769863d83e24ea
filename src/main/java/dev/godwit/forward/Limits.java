package dev.godwit.forward;

import dev.godwit.linux.Sysctl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;

/** What this process may open, and where what all gates and landings of a host share is kept. */
public final class Limits {
  /**
   * For the program itself, {@link #LISTENERS} and the pipes through which much passes: two
   * descriptors each, 32 of them at most for each of four loops. What finds none left is copied.
   */
  public static final int RESERVED = 512;

  /** More than these take descriptors from connections. */
  private static final int LISTENERS = 128;

  /** However many descriptors there are. */
  public static final int GUESTS_MAX = 50_000;

  /** That a relayed connection takes, at most, but for pipes: one of each end. */
  public static final int DESCRIPTORS = 2;

  /** Of both families of addresses. */
  public static final String PORT_RANGE = "net.ipv4.ip_local_port_range";

  private static final Path SETTINGS = Path.of("/proc/sys/net/ipv4");

  private Limits() {}

  /** Connections for which there are descriptors: {@link #DESCRIPTORS} each (H51). */
  public static int guests() throws IOException {
    return guests(descriptors(), 0);
  }

  /** The same beside so many sockets that listen. */
  public static int guests(int listeners) throws IOException {
    return guests(descriptors(), listeners);
  }

  /** How many this process may have open, or {@code unlimited}. */
  public static String descriptors() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/limits"))) {
      if (line.startsWith("Max open files")) {
        return line.substring("Max open files".length()).strip().split("\\s+")[0];
      }
    }
    return "1024";
  }

  /** As {@link #guests(int)}, of this many descriptors, or {@code unlimited}. */
  static int guests(String descriptors, int listeners) {
    return descriptors.equals("unlimited")
        ? GUESTS_MAX
        : (int)
            Math.clamp(
                (Long.parseLong(descriptors) - RESERVED - Math.max(0, listeners - LISTENERS))
                    / DESCRIPTORS,
                16,
                GUESTS_MAX);
  }

  /**
   * Ports that this host (the calling thread's network namespace) has for connections of its own:
   * so many can be open from one address to one port of another one (H51).
   */
  public static int ports() throws IOException {
    return ports(
        Sysctl.read(SETTINGS.resolve("ip_local_port_range")),
        Sysctl.read(SETTINGS.resolve("ip_local_reserved_ports")));
  }

  /**
   * As {@link #ports()}.
   *
   * @param range the first one and the last one
   * @param reserved those of them that the kernel leaves out, such as {@code 8080,9000-9010}
   */
  static int ports(String range, String reserved) {
    BitSet ports = new BitSet();
    String[] ends = range.split("\\s+");
    ports.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[1]) + 1);
    for (String some : reserved.split(",")) {
      if (!some.isBlank()) {
        String[] span = some.strip().split("-");
        ports.clear(Integer.parseInt(span[0]), Integer.parseInt(span[span.length - 1]) + 1);
      }
    }
    return ports.cardinality();
  }

  /** What the kernel says of the calling thread, or before Linux 3.17 of its process. */
  public static Path ofThread(String name) {
    Path thread = Path.of("/proc/thread-self");
    return (Files.exists(thread) ? thread : Path.of("/proc/self")).resolve(name);
  }

  /** For what all users of {@code TransparentRouting} on a host share. */
  public static Path sharedDirectory(Path stateDirectory) throws IOException {
    return hostDirectory(stateDirectory, ".transparent");
  }

  /**
   * Beside the states of gates and landings, for what they share on a host; a host is a network
   * namespace here.
   */
  public static Path hostDirectory(Path stateDirectory, String name) throws IOException {
    Path parent = stateDirectory.toAbsolutePath().getParent();
    String namespace =
        Files.readSymbolicLink(ofThread("ns/net")).toString().replaceAll("[^0-9]", "");
    return (parent == null ? stateDirectory : parent).resolve(name).resolve(namespace);
  }
}
