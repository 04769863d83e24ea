package dev.godwit.survey;

import dev.godwit.host.Processes;
import dev.godwit.host.Processes.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import tools.jackson.core.JacksonException;

/** Asks this host's packet filter for its rules and decides what they do. */
final class FirewallReader {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** Where the kernel lists the tables of the older kind of iptables. */
  private static final Path OLD_TABLES = Path.of("/proc/net/ip_tables_names");

  private FirewallReader() {}

  static Firewall read(List<Integer> ports) throws InterruptedException {
    try {
      if (Files.exists(OLD_TABLES) && Files.readString(OLD_TABLES).contains("filter")) {
        return decided("iptables", ports, rules -> IptablesRules.read(rules), "iptables-save");
      }
    } catch (IOException e) {
      return new Firewall("its tables cannot be read: " + e.getMessage(), List.of());
    }
    return decided("nft", ports, rules -> NftRules.read(rules), "nft", "--json", "list", "ruleset");
  }

  private interface Reading {
    Ruleset of(String text);
  }

  private static Firewall decided(
      String source, List<Integer> ports, Reading reading, String... argv)
      throws InterruptedException {
    Outcome outcome;
    try {
      outcome = Processes.run(List.of(argv), LIMIT);
    } catch (IOException e) {
      return new Firewall(argv[0] + " is not installed there", List.of());
    }
    if (!outcome.isSuccess() || outcome.droppedBytes() > 0) {
      return new Firewall(
          outcome.droppedBytes() > 0
              ? "its rules are more than are read"
              : argv[0] + " says: " + outcome.said(),
          List.of());
    }
    try {
      Ruleset rules = reading.of(outcome.out());
      return new Firewall(
          rules.bases().isEmpty() ? "none" : source, ports.stream().map(rules::verdict).toList());
    } catch (JacksonException | NumberFormatException e) {
      return new Firewall("what " + argv[0] + " prints cannot be understood", List.of());
    }
  }
}
