package dev.godwit.check;

import dev.godwit.host.Host;
import dev.godwit.plan.Plan;
import dev.godwit.survey.AccountsAbility;
import dev.godwit.survey.Known;
import dev.godwit.survey.SurveyClient;
import dev.godwit.survey.Tree;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * {@code check --fix}: creates the users and groups on new that own files on old, with the same
 * numbers, or with those and the names that the plan maps them to. Only those of which neither name
 * nor number is on new; nothing else is changed.
 */
public final class AccountFix {
  private AccountFix() {}

  /**
   * @return a line for each that was made, for people; empty when none was missing
   */
  public static List<String> apply(Plan plan, Host oldHost, Host newHost, Duration measure)
      throws IOException {
    Facts facts = new Gathering(plan, oldHost, newHost, false, measure).gather();
    AccountsAbility.Wanted wanted = wanted(facts);
    return wanted.groups().isEmpty() && wanted.users().isEmpty()
        ? List.of()
        : new SurveyClient(newHost).create(wanted).lines();
  }

  static AccountsAbility.Wanted wanted(Facts facts) {
    List<Known.NumberedName> groups = new ArrayList<>();
    List<Tree.Owner> users = new ArrayList<>();
    Set<Long> groupNumbers = new HashSet<>();
    for (OwnerLook.Owned owned : OwnerLook.owners(facts)) {
      if (owned.isMissing() && !owned.isUser()) {
        groups.add(owned.wanted());
        groupNumbers.add(owned.wanted().number());
      }
    }
    for (OwnerLook.Owned owned : OwnerLook.owners(facts)) {
      if (owned.isMissing() && owned.isUser()) {
        long group = facts.owners().group(owned.owner().group());
        boolean hasGroup =
            groupNumbers.contains(group)
                || facts.known().groups().stream()
                    .anyMatch(g -> g.asked().number() == group && !g.name().isEmpty());
        // Where it owns no file nothing is known of it on new: the default one will do.
        users.add(onNew(owned, hasGroup ? group : -1));
      }
    }
    return new AccountsAbility.Wanted(groups, users);
  }

  private static Tree.Owner onNew(OwnerLook.Owned owned, long group) {
    Tree.Owner user = owned.owner();
    return new Tree.Owner(
        owned.wanted().number(),
        owned.wanted().name(),
        user.files(),
        user.example(),
        group,
        user.home(),
        user.shell());
  }
}
