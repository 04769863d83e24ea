package dev.godwit.demo;

import java.io.IOException;
import java.util.List;
import java.util.UUID;

/**
 * Two hosts and a client on this machine: namespaces with their own addresses, files and services.
 *
 * <p>Nothing of it is on the machine itself: the bridge is in the client's network namespace, each
 * host's root and data live on a tmpfs in its own mount namespace. Each host ends with this
 * process, however that ends (see {@code host.sh}), so two labs never meet and none is left behind.
 */
public final class Lab implements AutoCloseable {
  public static final String CLIENT_ADDRESS = "10.103.0.1";
  public static final String OLD_ADDRESS = "10.103.0.2";
  public static final String NEW_ADDRESS = "10.103.0.3";

  private final LabHost client;
  private final LabHost old;
  private final LabHost neu;
  private final Thread hook = new Thread(this::interrupted, "lab-shutdown");
  private volatile boolean interrupted;
  private boolean kept;
  private boolean hooked;

  private Lab(LabHost client, LabHost old, LabHost neu) {
    this.client = client;
    this.old = old;
    this.neu = neu;
  }

  /**
   * Makes the hosts and their network; services are installed by {@link LabServices}.
   *
   * @throws LabException not root, or the kernel refuses namespaces or overlay mounts
   */
  public static Lab start(LabOptions options) throws IOException {
    LabHost client = LabHost.start("client", options.shown(), List.of());
    LabHost old = null;
    LabHost neu = null;
    boolean up = false;
    try {
      old = LabHost.start("old", options.shown(), options.data());
      neu = LabHost.start("new", options.shown(), options.newData());
      Lab lab = new Lab(client, old, neu);
      lab.connect();
      Runtime.getRuntime().addShutdownHook(lab.hook);
      lab.hooked = true;
      up = true;
      return lab;
    } finally {
      if (!up) {
        close(neu);
        close(old);
        close(client);
      }
    }
  }

  public LabHost client() {
    return client;
  }

  /** The host the service is on. */
  public LabHost old() {
    return old;
  }

  /** The host the service shall move to ({@code new} is a word of the language). */
  public LabHost neu() {
    return neu;
  }

  /** The hosts stay when this process ends; returns the process ids to kill to end them. */
  public synchronized List<Long> keep() throws IOException {
    for (LabHost host : List.of(client, old, neu)) {
      host.keep();
    }
    kept = true;
    return List.of(neu.holderPid(), old.holderPid(), client.holderPid());
  }

  /** Ends the hosts, unless they are kept. Returns when all their processes are gone. */
  @Override
  public synchronized void close() {
    if (hooked) {
      hooked = false;
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The process is ending: the hook runs, or has run.
      }
    }
    end();
  }

  /** The process is ending (Ctrl-C, SIGTERM), and the hosts with it: what fails now fails by it. */
  public boolean isInterrupted() {
    return interrupted;
  }

  private void interrupted() {
    interrupted = true;
    end();
  }

  private void end() {
    if (!kept) {
      close(neu);
      close(old);
      close(client);
    }
  }

  private static void close(@org.jspecify.annotations.Nullable LabHost host) {
    if (host != null) {
      host.close();
    }
  }

  private void connect() throws IOException {
    client.must("ip", "link", "add", "br0", "type", "bridge");
    client.must("ip", "addr", "add", CLIENT_ADDRESS + "/24", "dev", "br0");
    client.must("ip", "addr", "add", "fd67::1/64", "dev", "br0", "nodad");
    client.must("ip", "link", "set", "br0", "up");
    attach(old, OLD_ADDRESS, "fd67::2");
    attach(neu, NEW_ADDRESS, "fd67::3");
    String names =
        """
        127.0.0.1 localhost
        ::1 localhost ip6-localhost
        %s client
        fd67::1 client
        %s old mail.demo.example
        fd67::2 old
        %s new
        fd67::3 new
        """
            .formatted(CLIENT_ADDRESS, OLD_ADDRESS, NEW_ADDRESS);
    for (LabHost host : List.of(client, old, neu)) {
      host.writeFile("/etc/hosts", names);
      host.writeFile("/etc/hostname", host.name() + "\n");
      // Not the machine's, which all three would have in common.
      host.writeFile("/etc/machine-id", UUID.randomUUID().toString().replace("-", "") + "\n");
    }
  }

  /** A cable from the client's bridge to the host; made without the machine's own namespace. */
  private void attach(LabHost host, String address, String address6) throws IOException {
    String cable = "to-" + host.name();
    // The client's namespace for the network only: the number of the host's process is the
    // machine's, which the client's own process namespace does not know.
    List<String> argv =
        List.of(
            "nsenter",
            "-t",
            Long.toString(client.pid()),
            "-n",
            "--",
            "ip",
            "link",
            "add",
            cable,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            Long.toString(host.pid()));
    Process process = new ProcessBuilder(argv).redirectErrorStream(true).start();
    try {
      String said = new String(process.getInputStream().readAllBytes());
      if (process.waitFor() != 0) {
        throw new LabException("the lab's network cannot be made: " + said.strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while the lab's network was made", e);
    }
    client.must("ip", "link", "set", cable, "master", "br0", "up");
    host.must("ip", "addr", "add", address + "/24", "dev", "eth0");
    host.must("ip", "addr", "add", address6 + "/64", "dev", "eth0", "nodad");
    host.must("ip", "link", "set", "eth0", "up");
    host.must("ip", "route", "add", "default", "via", CLIENT_ADDRESS);
  }
}
