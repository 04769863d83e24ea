package dev.godwit.check;

import dev.godwit.survey.Known.AddressLine;
import dev.godwit.survey.Settings.Kind;
import dev.godwit.survey.Settings.Mention;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Configuration on new that names old's address: some keeps a server from starting. */
final class ConfigurationLook implements Look {
  @Override
  public void look(Facts facts, Findings findings) {
    String host = facts.newHost().name();
    List<String> addresses = facts.oldAddresses();
    Set<String> told = new HashSet<>();
    for (Mention mention : facts.newHost().settings().mentions()) {
      if (!mention.is(Kind.LISTEN) || !facts.isMovedServer(mention.server())) {
        continue;
      }
      for (String address : addresses) {
        if (isAddress(mention.value(), address)) {
          told.add(mention.place());
          findings.add(
              Code.LISTENS_ON_OLD_ADDRESS,
              "%s: %s: %s is to listen on %s, old's address: it will not start there"
                  .formatted(host, mention.place(), mention.server(), mention.value()));
        }
      }
    }
    for (AddressLine line : facts.known().addresses()) {
      String place = line.file() + ":" + line.line();
      if (!facts.newHas(line.address()) && !facts.isFloating(line.address()) && told.add(place)) {
        findings.add(
            Code.NAMES_OLD_ADDRESS,
            "%s: %s names old's address: %s".formatted(host, place, line.text()));
      }
    }
    if (!facts.known().isWhole() || !facts.newHost().settings().isWhole()) {
      findings.add(
          Code.NOT_ALL_SEEN,
          "%s: there is more configuration below /etc than is looked at".formatted(host));
    }
    if (!facts.oldHost().settings().isWhole()) {
      findings.add(
          Code.NOT_ALL_SEEN,
          "%s: there is more configuration than is looked at".formatted(facts.oldHost().name()));
    }
  }

  /** {@code 10.0.0.1}, {@code 10.0.0.1:80}, {@code [fd00::1]:80}. */
  private static boolean isAddress(String value, String address) {
    return value.equals(address)
        || (address.contains(".") && value.startsWith(address + ":"))
        || value.startsWith("[" + address + "]");
  }
}
