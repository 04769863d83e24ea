package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** The relays that are compared, each set up as its own documents advise for this. */
final class Relayers {
  static final String CANDIDATE = "godwit";
  static final String DIRECT = "direct";
  static final String HAPROXY = "haproxy";
  static final String HAPROXY_SPLICE = "haproxy splice";
  static final String HAPROXY_SPLICE_ALL = "haproxy splice all";
  static final String NGINX = "nginx stream";
  static final String SOCAT = "socat";
  static final String SSH = "ssh -L";
  static final String SSH_AES = "ssh -L, AES-GCM";
  static final String DNAT = "DNAT";

  /** Under the limit of 20,000 descriptors that hosts often have, at two for each connection. */
  private static final int MANY = 9000;

  private final String godwit;

  /**
   * @param godwit path of the start script
   */
  Relayers(String godwit) {
    this.godwit = godwit;
  }

  /** No relay: what the others add to. */
  Relayer direct() {
    return new Relayer(DIRECT, 0, (folder, port, server) -> List.of());
  }

  Relayer candidate() {
    return new Relayer(
        CANDIDATE,
        MANY,
        (folder, port, server) ->
            List.of(forward(folder, Integer.toString(port), "127.0.0.1:" + server)));
  }

  private List<String> forward(Path folder, String... arguments) {
    List<String> command =
        new ArrayList<>(List.of(godwit, "forward", "--control", control(folder).toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  private List<String> forwardByFile(Path folder, String rules) throws IOException {
    Path file = Files.writeString(folder.resolve("forwards.yaml"), rules);
    return forward(folder, "-c", file.toString());
  }

  /**
   * Encrypted, by another host, as {@link #ssh} does it. The host is what the first ssh on the PATH
   * takes it for.
   */
  Relayer viaHost() {
    return new Relayer(
        CANDIDATE,
        MANY,
        (folder, port, server) -> {
          int sshd = port + 500;
          PrivateSshd far = new PrivateSshd(folder, "127.0.0.1", sshd);
          Path ssh = folder.resolve("ssh");
          Files.writeString(
              ssh,
              "#!/bin/sh\nexec /usr/bin/ssh '%s' \"$@\"\n"
                  .formatted(String.join("' '", reaching(far, sshd))));
          Files.setPosixFilePermissions(ssh, PosixFilePermissions.fromString("rwx------"));
          List<String> command =
              new ArrayList<>(List.of("env", "PATH=" + folder + ":" + System.getenv("PATH")));
          command.addAll(
              forward(
                  folder,
                  "--via",
                  PrivateSshd.HOST,
                  Integer.toString(port),
                  "127.0.0.1:" + server));
          return List.of(far.command(), command);
        });
  }

  /** On the router of a network, for a {@link KernelLoad}, which has it hand over. */
  Relayer handedOver(FarNetwork network) {
    return new Relayer(
        CANDIDATE,
        MANY,
        (folder, port, server) -> {
          String rules =
              """
              forwards:
                stream: { listen: ":%d", to: "%s:%d", client-address: plain }
                echo: { listen: ":%d", to: "%s:%d", client-address: plain }
              """
                  .formatted(
                      port,
                      FarNetwork.SERVERS,
                      server,
                      KernelLoad.echoPort(port),
                      FarNetwork.SERVERS,
                      RelayServers.ECHO);
          return List.of(network.onRouter(forwardByFile(folder, rules)));
        });
  }

  /** The same by nftables alone. */
  Relayer dnat(FarNetwork network) {
    return new Relayer(
        DNAT,
        MANY,
        (folder, port, server) -> {
          Path file = folder.resolve("dnat.nft");
          Files.writeString(
              file,
              """
              table ip benchmark_dnat {
                chain prerouting { type nat hook prerouting priority -100;
                  fib daddr type local tcp dport %d dnat to %s:%d
                  fib daddr type local tcp dport %d dnat to %s:%d
                }
                chain postrouting { type nat hook postrouting priority 100;
                  ct status dnat masquerade
                }
              }
              """
                  .formatted(
                      port,
                      FarNetwork.SERVERS,
                      server,
                      KernelLoad.echoPort(port),
                      FarNetwork.SERVERS,
                      RelayServers.ECHO));
          return List.of(
              network.onRouter(
                  List.of("sh", "-c", "nft -f \"$0\" && exec sleep infinity", file.toString())));
        });
  }

  /** Where the candidate is asked. */
  static Path control(Path folder) {
    return folder.resolve("control");
  }

  Relayer haproxy() {
    return new Relayer(
        HAPROXY, MANY, (folder, port, server) -> haproxy(folder, port, server, "", "", ""));
  }

  /** It decides by itself when to splice: "option splice-auto" of its manual. */
  Relayer haproxySplice() {
    return new Relayer(
        HAPROXY_SPLICE,
        MANY,
        (folder, port, server) -> haproxy(folder, port, server, "option splice-auto\n  ", "", ""));
  }

  /** It is told to splice all; its manual warns of what that costs with small messages. */
  Relayer haproxySpliceAll() {
    return new Relayer(
        HAPROXY_SPLICE_ALL,
        MANY,
        (folder, port, server) ->
            haproxy(
                folder,
                port,
                server,
                "option splice-request\n  option splice-response\n  ",
                "",
                ""));
  }

  /**
   * One thread, as Godwit has on two cores: measured, two are slower there.
   *
   * @param rules of its frontend
   * @param more sections
   */
  private static List<List<String>> haproxy(
      Path folder, int port, int server, String splice, String rules, String more)
      throws IOException {
    Path file = folder.resolve("haproxy.cfg");
    Files.writeString(
        file,
        """
        global
          nbthread 1
          maxconn %d
          maxpipes 200
          tune.pipesize 1048576
        defaults
          mode tcp
          timeout connect 5s
          timeout client 1h
          timeout server 1h
          %sbacklog 4096
        frontend in
          bind 127.0.0.1:%d
          maxconn %d
          %sdefault_backend out
        backend out
          server one 127.0.0.1:%d
        %s"""
            .formatted(MANY + 100, splice, port, MANY + 100, rules, server, more));
    return List.of(List.of("haproxy", "-db", "-f", file.toString()));
  }

  Relayer nginx() {
    return new Relayer(NGINX, MANY, (folder, port, server) -> nginx(folder, port, server, "", ""));
  }

  /**
   * @param rules of its server
   * @param more beside that server
   */
  private static List<List<String>> nginx(
      Path folder, int port, int server, String rules, String more) throws IOException {
    Path file = folder.resolve("stream.conf");
    Files.writeString(
        file,
        """
        load_module /usr/lib/nginx/modules/ngx_stream_module.so;
        daemon off;
        pid %s/stream.pid;
        error_log %s/stream.log;
        worker_processes 1;
        worker_rlimit_nofile 20000;
        events { worker_connections 19900; }
        stream {
          server {
            listen 127.0.0.1:%d backlog=4096;
            proxy_pass 127.0.0.1:%d;
            tcp_nodelay on;
            %s}
          %s}
        """
            .formatted(folder, folder, port, server, rules, more));
    return List.of(List.of("nginx", "-p", folder.toString(), "-c", file.toString()));
  }

  Relayer socat() {
    return new Relayer(
        SOCAT,
        300,
        (folder, port, server) ->
            List.of(
                List.of(
                    "socat",
                    "-b262144",
                    "TCP4-LISTEN:" + port + ",bind=127.0.0.1,fork,reuseaddr,backlog=4096,nodelay",
                    "TCP4:127.0.0.1:" + server + ",nodelay")));
  }

  /**
   * Those that can, with a limit for each client's address and a port that wants PROXY headers, for
   * a {@link HostileLoad}: each has to turn the same clients away.
   */
  List<Relayer> guarded() {
    return List.of(guardedCandidate(), guardedHaproxy(), guardedNginx());
  }

  private Relayer guardedCandidate() {
    return new Relayer(
        CANDIDATE,
        MANY,
        (folder, port, server) -> {
          String rules =
              """
              forwards:
                forward: { listen: "%d", to: "127.0.0.1:%d", max-per-client: %d }
                announced:
                  listen: "%d"
                  to: "127.0.0.1:%d"
                  accept-proxy: [127.0.0.1]
                  client-address: plain
              """
                  .formatted(
                      port,
                      server,
                      HostileClients.HALF_OPEN,
                      HostileLoad.announcedPort(port),
                      server);
          return List.of(forwardByFile(folder, rules));
        });
  }

  private static Relayer guardedHaproxy() {
    return new Relayer(
        HAPROXY,
        MANY,
        (folder, port, server) ->
            haproxy(
                folder,
                port,
                server,
                "",
                """
                stick-table type ip size 10k expire 1h store conn_cur
                  tcp-request connection track-sc0 src
                  tcp-request connection reject if { sc0_conn_cur gt %d }
                  """
                    .formatted(HostileClients.HALF_OPEN),
                """
                frontend announced
                  bind 127.0.0.1:%d accept-proxy
                  default_backend out
                """
                    .formatted(HostileLoad.announcedPort(port))));
  }

  private static Relayer guardedNginx() {
    return new Relayer(
        NGINX,
        MANY,
        (folder, port, server) ->
            nginx(
                folder,
                port,
                server,
                "limit_conn each %d;\n    ".formatted(HostileClients.HALF_OPEN),
                """
                limit_conn_zone $binary_remote_addr zone=each:1m;
                  server {
                    listen 127.0.0.1:%d proxy_protocol;
                    proxy_pass 127.0.0.1:%d;
                  }
                """
                    .formatted(HostileLoad.announcedPort(port), server)));
  }

  Relayer ssh() {
    return ssh(SSH, List.of());
  }

  /** With the cipher that Godwit asks for, which OpenSSH does not prefer by itself. */
  Relayer sshAes() {
    return ssh(SSH_AES, List.of("-o", "Ciphers=aes128-gcm@openssh.com"));
  }

  private static Relayer ssh(String label, List<String> options) {
    return new Relayer(
        label,
        1000,
        (folder, port, server) -> {
          int sshd = port + 500;
          PrivateSshd far = new PrivateSshd(folder, "127.0.0.1", sshd);
          List<String> client = new ArrayList<>(List.of("ssh"));
          client.addAll(reaching(far, sshd));
          client.addAll(options);
          client.addAll(
              List.of("-N", "-L", "127.0.0.1:" + port + ":127.0.0.1:" + server, PrivateSshd.HOST));
          return List.of(far.command(), client);
        });
  }

  private static List<String> reaching(PrivateSshd far, int port) throws IOException {
    return List.of(
        "-F",
        far.clientConfiguration("127.0.0.1", port).toString(),
        // The sshd may need a moment.
        "-o",
        "ConnectionAttempts=20");
  }
}
