package dev.godwit.survey;

import dev.godwit.host.HostFacts;
import java.util.List;

/**
 * What a host is, beside its services.
 *
 * @param sudo whether the user may act as root without a password; false for root, who need not
 * @param addresses of its interfaces, loopback left out
 * @param selinux {@code enforcing}, {@code permissive}, or empty without it
 * @param appArmor whether it is enabled
 * @param profiles the names of AppArmor's profiles
 * @param packages of servers that are known, with their versions
 * @param watchesMax how many directories inotify may watch
 * @param killsAtLogOut what says that processes which root leaves behind are killed when its login
 *     ends; empty when they are left alone
 */
public record Surroundings(
    HostFacts facts,
    boolean sudo,
    List<Address> addresses,
    String selinux,
    boolean appArmor,
    List<String> profiles,
    List<Installed> packages,
    long watchesMax,
    String killsAtLogOut) {
  public Surroundings {
    addresses = List.copyOf(addresses);
    profiles = List.copyOf(profiles);
    packages = List.copyOf(packages);
  }

  /** An address, as text. */
  public record Address(String address, int prefix, String networkInterface) {
    /** An address of the link only, which names no host elsewhere. */
    public boolean isLinkLocal() {
      return address.startsWith("fe80:") || address.startsWith("169.254.");
    }
  }

  /** An installed package. */
  public record Installed(String name, String version) {}
}
