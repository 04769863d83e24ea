package dev.godwit.plan;

import java.util.List;

/**
 * Who owns on new what somebody owns on old; everybody else keeps the number. One to one as far as
 * the words tell: no two are given the same.
 */
public record PlannedOwners(List<OwnerPair> users, List<OwnerPair> groups) {
  public static final PlannedOwners NONE = new PlannedOwners(List.of(), List.of());

  public PlannedOwners {
    users = List.copyOf(users);
    groups = List.copyOf(groups);
  }

  public boolean isEmpty() {
    return users.isEmpty() && groups.isEmpty();
  }
}
