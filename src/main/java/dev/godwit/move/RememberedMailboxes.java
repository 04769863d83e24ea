package dev.godwit.move;

import dev.godwit.host.AtOnce;
import dev.godwit.journal.Journal;
import dev.godwit.plan.Plan;
import dev.godwit.service.Check;
import dev.godwit.service.Mailboxes;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What mail clients remember of the host that serves, for the users of the plan's IMAP checks: it
 * has to hold on the next host too, or each client loads all mails again.
 */
final class RememberedMailboxes {
  /** No plan has users of IMAP, or nobody has asked yet. */
  static final RememberedMailboxes NONE = new RememberedMailboxes(Map.of());

  /** The journal's: a line for each user, of the host that was asked and {@link Mailboxes#text}. */
  private static final String FACT = "mailboxes";

  private final Map<Check.Imap, Mailboxes> before;

  private RememberedMailboxes(Map<Check.Imap, Mailboxes> before) {
    this.before = before;
  }

  /** Asks the host that serves; changes nothing there. */
  static RememberedMailboxes of(Plan plan, ServiceClient serving, Hooks.Left left)
      throws IOException, InterruptedException {
    List<Check.Imap> logins = logins(plan);
    List<Mailboxes> found = AtOnce.all(logins, login -> serving.mailboxes(login, left.get()));
    Map<Check.Imap, Mailboxes> before = new LinkedHashMap<>();
    for (int i = 0; i < found.size(); i++) {
      before.put(logins.get(i), found.get(i));
    }
    return new RememberedMailboxes(before);
  }

  /** Whose mailboxes can be looked at. */
  static List<Check.Imap> logins(Plan plan) {
    return logins(PlanServices.of(plan));
  }

  static List<Check.Imap> logins(List<Service> services) {
    return services.stream().flatMap(service -> logins(service).stream()).toList();
  }

  static List<Check.Imap> logins(Service service) {
    return service.checks().stream()
        .filter(Check.Imap.class::isInstance)
        .map(Check.Imap.class::cast)
        .toList();
  }

  boolean isEmpty() {
    return before.isEmpty();
  }

  /** How many users were asked for. */
  int size() {
    return before.size();
  }

  /**
   * What is otherwise on the next host.
   *
   * @param answered a check of the plan that has passed there
   * @return a line each, for people; empty when there is nothing, or the check is of something else
   */
  List<String> differences(Check answered, Side next, Duration limit) throws IOException {
    Mailboxes here = answered instanceof Check.Imap login ? before.get(login) : null;
    return here == null
        ? List.of()
        : here.differencesTo(next.services().mailboxes((Check.Imap) answered, limit)).stream()
            .map(difference -> next.word() + ": " + difference)
            .toList();
  }

  /** Whether the host that serves still has what it had, so that a difference is one. */
  boolean isStill(ServiceClient serving, Duration limit) throws IOException {
    for (Map.Entry<Check.Imap, Mailboxes> each : before.entrySet()) {
      if (!serving.mailboxes(each.getKey(), limit).equals(each.getValue())) {
        return false;
      }
    }
    return true;
  }

  /** For {@link #kept}, in the place of what was kept before. */
  void keep(Journal journal, String serving) throws IOException {
    journal.setFact(
        FACT,
        before.values().stream()
            .map(each -> serving + " " + each.text())
            .collect(Collectors.joining("\n")));
  }

  /**
   * What was remembered of a user in the last switch.
   *
   * @param host the word of the host that was asked
   */
  record Kept(String host, Mailboxes mailboxes) {}

  /** Of this user, if it was kept. */
  static Optional<Kept> kept(Journal journal, Check.Imap login) throws IOException {
    for (String line : journal.fact(FACT).orElse("").lines().toList()) {
      String[] parts = line.split(" ", 2);
      Mailboxes mailboxes = Mailboxes.parse(parts[1]);
      if (mailboxes.user().equals(login.user())) {
        return Optional.of(new Kept(parts[0], mailboxes));
      }
    }
    return Optional.empty();
  }

  static void forget(Journal journal) throws IOException {
    journal.setFact(FACT, "");
  }

  /** For people. */
  String same(String serving) {
    return before.values().stream().map(Mailboxes::summary).collect(Collectors.joining(", "))
        + ": UIDVALIDITY and UIDs as on "
        + serving;
  }
}
