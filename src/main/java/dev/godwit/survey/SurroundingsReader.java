package dev.godwit.survey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.host.HostFacts;
import dev.godwit.host.Processes;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.Sysctl;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads {@link Surroundings} of this host. */
final class SurroundingsReader {
  private static final Duration SUDO_LIMIT = Duration.ofSeconds(3);
  private static final int PROFILES_MAX = 2_000;

  /** Packages of Debian and its kin whose versions matter to the data that they keep. */
  private static final Set<String> SERVERS =
      Set.of(
          "nginx",
          "apache2",
          "dovecot-core",
          "postfix",
          "exim4-base",
          "sendmail-bin",
          "cyrus-imapd",
          "mariadb-server",
          "mysql-server",
          "postgresql",
          "mongodb-org-server",
          "redis-server",
          "valkey-server",
          "slapd",
          "bind9",
          "haproxy",
          "samba",
          "vsftpd",
          "proftpd-core",
          "openssh-server",
          "php-fpm",
          "tomcat10",
          "couchdb");

  private SurroundingsReader() {}

  static Surroundings read() throws IOException, InterruptedException {
    HostFacts facts = HostFacts.ofThisHost();
    return new Surroundings(
        facts,
        facts.uid() != 0 && maySudo(),
        addresses(),
        selinux(),
        text("/sys/module/apparmor/parameters/enabled").equals("Y"),
        profiles(),
        packages(Path.of("/var/lib/dpkg/status")),
        watches(),
        LogOut.killing(Path.of("/")));
  }

  private static boolean maySudo() throws InterruptedException {
    try {
      return Processes.run(List.of("sudo", "-n", "true"), SUDO_LIMIT).isSuccess();
    } catch (IOException e) {
      return false; // there is no sudo
    }
  }

  private static List<Surroundings.Address> addresses() throws IOException {
    List<Surroundings.Address> addresses = new ArrayList<>();
    for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
      for (InterfaceAddress address : each.getInterfaceAddresses()) {
        if (!address.getAddress().isLoopbackAddress()) {
          addresses.add(
              new Surroundings.Address(
                  // Java adds the interface to every IPv6 address, also to global ones.
                  Sockets.display(address.getAddress()).replaceFirst("%.*", ""),
                  address.getNetworkPrefixLength(),
                  each.getName()));
        }
      }
    }
    return addresses;
  }

  private static String selinux() {
    return switch (text("/sys/fs/selinux/enforce")) {
      case "1" -> "enforcing";
      case "0" -> "permissive";
      default -> "";
    };
  }

  private static List<String> profiles() {
    try {
      return Files.readAllLines(Path.of("/sys/kernel/security/apparmor/profiles"), ISO_8859_1)
          .stream()
          .limit(PROFILES_MAX)
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** dpkg's own list: paragraphs of "Key: value" (dpkg(1)). */
  static List<Surroundings.Installed> packages(Path status) {
    List<Surroundings.Installed> packages = new ArrayList<>();
    try (BufferedReader in = Files.newBufferedReader(status, ISO_8859_1)) {
      String name = "";
      boolean isInstalled = false;
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("Package: ")) {
          name = line.substring("Package: ".length());
          isInstalled = false;
        } else if (line.startsWith("Status: ")) {
          isInstalled = line.endsWith(" installed");
        } else if (isInstalled && line.startsWith("Version: ") && SERVERS.contains(name)) {
          packages.add(new Surroundings.Installed(name, line.substring("Version: ".length())));
        }
      }
    } catch (IOException e) {
      return List.of(); // a host with another package manager
    }
    return packages;
  }

  private static long watches() {
    try {
      return Long.parseLong(Sysctl.read(Path.of("/proc/sys/fs/inotify/max_user_watches")));
    } catch (IOException | NumberFormatException e) {
      return 0;
    }
  }

  private static String text(String file) {
    try {
      return Files.readString(Path.of(file), ISO_8859_1).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
