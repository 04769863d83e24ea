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
 * numbers. Only those of which neither name nor number is on new; nothing else is changed.
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
        groups.add(new Known.NumberedName(owned.owner().number(), owned.owner().name()));
        groupNumbers.add(owned.owner().number());
      }
    }
    for (OwnerLook.Owned owned : OwnerLook.owners(facts)) {
      if (owned.isMissing() && owned.isUser()) {
        Tree.Owner user = owned.owner();
        boolean hasGroup =
            groupNumbers.contains(user.group())
                || facts.known().groups().stream()
                    .anyMatch(g -> g.asked().number() == user.group() && !g.name().isEmpty());
        users.add(hasGroup ? user : withoutGroup(user));
      }
    }
    return new AccountsAbility.Wanted(groups, users);
  }

  /** Its own group owns no file, so nothing is known of it on new: the default one will do. */
  private static Tree.Owner withoutGroup(Tree.Owner user) {
    return new Tree.Owner(
        user.number(), user.name(), user.files(), user.example(), -1, user.home(), user.shell());
  }
}
