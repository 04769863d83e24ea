package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Debian's sshd with keys and a configuration of its own, at one address; and the configuration of
 * a client that knows it as {@link #HOST}.
 */
final class PrivateSshd {
  static final String HOST = "far";

  private final Path folder;

  /** Makes keys where there are none yet, and the server's configuration. */
  PrivateSshd(Path folder, String address, int port) throws IOException {
    this.folder = folder;
    for (String key : List.of("host_key", "user_key")) {
      if (!Files.exists(folder.resolve(key))) {
        String file = folder.resolve(key).toString();
        Programs.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file);
      }
    }
    Files.writeString(
        folder.resolve("known_hosts"),
        HOST + " " + Files.readString(folder.resolve("host_key.pub")));
    Files.createDirectories(Path.of("/run/sshd"));
    Files.writeString(
        folder.resolve("sshd_config"),
        """
        ListenAddress %s:%d
        HostKey %s
        AuthorizedKeysFile %s
        PidFile none
        StrictModes no
        UseDNS no
        UsePAM no
        PrintMotd no
        PrintLastLog no
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        PermitRootLogin prohibit-password
        Subsystem sftp internal-sftp
        """
            .formatted(address, port, folder.resolve("host_key"), folder.resolve("user_key.pub")));
  }

  /** Stays in the foreground. */
  List<String> command() {
    return List.of("/usr/sbin/sshd", "-D", "-e", "-f", folder.resolve("sshd_config").toString());
  }

  /** For ssh's {@code -F}; reaches the server at an address that may be a relay's. */
  Path clientConfiguration(String address, int port) throws IOException {
    return Files.writeString(
        folder.resolve("ssh_config-" + port),
        """
        Host %s
        HostName %s
        Port %d
        User root
        HostKeyAlias %s
        IdentityFile %s
        IdentitiesOnly yes
        UserKnownHostsFile %s
        StrictHostKeyChecking yes
        LogLevel ERROR
        """
            .formatted(
                HOST,
                address,
                port,
                HOST,
                folder.resolve("user_key"),
                folder.resolve("known_hosts")));
  }
}
