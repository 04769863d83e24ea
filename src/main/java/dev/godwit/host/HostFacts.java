package dev.godwit.host;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.Printable;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a host says of itself.
 *
 * @param kernel the kernel's release: {@code 6.1.0-18-amd64}
 * @param machineId of machine-id(5); empty when the host has none. Two hosts with one machine id
 *     are one host, or copies of one image
 * @param bootId changes with every boot
 * @param network the kernel's name for the network that it is in (network_namespaces(7)): two hosts
 *     with one boot and one network are one host
 * @param uid the numeric user that the abilities act as; 0 is root
 * @param javaVersion of the Java that the agent runs on
 * @param architecture as Java calls it: {@code amd64}, {@code aarch64}
 * @param wallClockMillis milliseconds since 1970 when the host answered
 * @param sshConnection client address, client port, server address, server port of the ssh session
 *     (ssh(1), SSH_CONNECTION); empty without one
 */
public record HostFacts(
    String hostname,
    String kernel,
    String machineId,
    String bootId,
    String network,
    long uid,
    String javaVersion,
    String architecture,
    long wallClockMillis,
    List<String> sshConnection) {
  /** The ability that answers with facts. */
  public static final String ABILITY = "facts";

  private static final int TEXT_BYTES_MAX = 1024;

  public HostFacts {
    sshConnection = List.copyOf(sshConnection);
  }

  /** Asks a host. */
  public static HostFacts of(Host host) throws HostException, WireException {
    return decode(host.call(ABILITY, new byte[0]));
  }

  /** The facts of the host that this process runs on. */
  public static HostFacts ofThisHost() {
    String ssh = System.getenv().getOrDefault("SSH_CONNECTION", "");
    return new HostFacts(
        read("/proc/sys/kernel/hostname"),
        read("/proc/sys/kernel/osrelease"),
        ownMachineId(),
        read("/proc/sys/kernel/random/boot_id"),
        ownNetwork(),
        ownUid(),
        System.getProperty("java.version", ""),
        System.getProperty("os.arch", ""),
        Instant.now().toEpochMilli(),
        ssh.isBlank() ? List.of() : List.of(ssh.strip().split(" +")));
  }

  public byte[] encode() {
    return new MessageWriter()
        .text(hostname)
        .text(kernel)
        .text(machineId)
        .text(bootId)
        .text(network)
        .u64(uid)
        .text(javaVersion)
        .text(architecture)
        .u64(wallClockMillis)
        .texts(sshConnection)
        .toBytes();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws WireException when the message is malformed
   */
  public static HostFacts decode(byte[] message) throws WireException {
    MessageReader reader = new MessageReader(message);
    HostFacts facts =
        new HostFacts(
            text(reader),
            text(reader),
            text(reader),
            text(reader),
            text(reader),
            reader.u64(),
            text(reader),
            text(reader),
            reader.u64(),
            reader.list(4, HostFacts::text));
    reader.end();
    return facts;
  }

  private static String text(MessageReader reader) throws WireException {
    return Printable.line(reader.text(TEXT_BYTES_MAX), TEXT_BYTES_MAX);
  }

  /** Whether both are what one host says of itself, by whatever way it was asked. */
  public boolean isOneHostWith(HostFacts other) {
    return isOneKernelWith(other) && !network.isEmpty() && network.equals(other.network);
  }

  /** Whether both run on one kernel: containers, or one host. */
  public boolean isOneKernelWith(HostFacts other) {
    return !bootId.isEmpty() && bootId.equals(other.bootId);
  }

  /**
   * Whether the machine ids tell two hosts apart: both have one, and not the same, as copies of one
   * image do.
   */
  public boolean isToldApartFrom(HostFacts other) {
    return !machineId.isEmpty() && !other.machineId.isEmpty() && !machineId.equals(other.machineId);
  }

  /** The address at which the ssh session reached the host; empty when there is none to read. */
  public Optional<InetAddress> reachedAt() {
    return sessionAddress(2);
  }

  /** The address from which the ssh session came to the host; empty when there is none to read. */
  public Optional<InetAddress> reachedFrom() {
    return sessionAddress(0);
  }

  private Optional<InetAddress> sessionAddress(int at) {
    if (sshConnection.size() != 4) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.ofLiteral(sshConnection.get(at)));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // UNKNOWN: the session came through something that has no addresses
    }
  }

  /** Where systemd is not, D-Bus may have made one. */
  private static String ownMachineId() {
    return Stream.of("/etc/machine-id", "/var/lib/dbus/machine-id")
        .map(HostFacts::read)
        .filter(id -> !id.isEmpty() && !id.equals("uninitialized"))
        .findFirst()
        .orElse("");
  }

  private static String ownNetwork() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
    } catch (IOException e) {
      return "";
    }
  }

  private static long ownUid() {
    try {
      return ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid")) & 0xffffffffL;
    } catch (IOException e) {
      throw new IllegalStateException("/proc is not mounted", e);
    }
  }

  private static String read(String file) {
    try {
      return new String(Files.readAllBytes(Path.of(file)), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
