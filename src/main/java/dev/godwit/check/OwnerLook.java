package dev.godwit.check;

import dev.godwit.survey.Known;
import dev.godwit.survey.Tree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether those who own the files are the same on new. The mirror keeps numbers, as the kernel
 * does; so a name must have the same number on both hosts.
 */
final class OwnerLook implements Look {
  /** A user or a group, and what new says about it. */
  record Owned(boolean isUser, Tree.Owner owner, Known.Account onNew) {
    /** Neither its name nor its number is on new: it can be made there. */
    boolean isMissing() {
      return !owner.name().isEmpty() && onNew.number() < 0 && onNew.name().isEmpty();
    }

    String kind() {
      return isUser ? "user" : "group";
    }
  }

  @Override
  public void look(Facts facts, Findings findings) {
    String host = facts.newHost().name();
    for (Owned owned : owners(facts)) {
      Tree.Owner owner = owned.owner();
      Known.Account onNew = owned.onNew();
      String files =
          "%s %s (%d), who owns %,d files such as %s"
              .formatted(
                  owned.kind(), owner.name(), owner.number(), owner.files(), owner.example());
      if (owner.name().isEmpty()) {
        if (!onNew.name().isEmpty()) {
          findings.add(
              Code.OWNER_UNNAMED,
              "%s: %s %d owns %,d files such as %s; it has no name on old and is %s on new"
                  .formatted(
                      host,
                      owned.kind(),
                      owner.number(),
                      owner.files(),
                      owner.example(),
                      onNew.name()));
        }
      } else if (owned.isMissing()) {
        findings.add(Code.OWNER_MISSING, "%s: there is no %s".formatted(host, files));
      } else if (onNew.number() < 0) {
        findings.add(
            Code.OWNER_DIFFERS,
            "%s: there is no %s, and the number belongs to %s"
                .formatted(host, files, onNew.name()));
      } else if (onNew.number() != owner.number()) {
        findings.add(
            Code.OWNER_DIFFERS, "%s: %s has the number %d".formatted(host, files, onNew.number()));
      }
    }
  }

  /** Everybody who owns files, once, however many trees they are in. */
  static List<Owned> owners(Facts facts) {
    List<Owned> owned = new ArrayList<>();
    for (boolean isUser : new boolean[] {true, false}) {
      Map<Long, Tree.Owner> all = new LinkedHashMap<>();
      for (Facts.TreePair pair : facts.trees()) {
        if (facts.isQueue(pair.planned())) {
          continue; // in the hold its files are given to whom the names belong to there
        }
        Tree.Measured measured = pair.source().measured();
        for (Tree.Owner owner : isUser ? measured.users() : measured.groups()) {
          all.merge(
              owner.number(),
              owner,
              (a, b) ->
                  new Tree.Owner(
                      a.number(),
                      a.name(),
                      a.files() + b.files(),
                      a.example(),
                      a.group(),
                      a.home(),
                      a.shell()));
        }
      }
      for (Known.Account account : isUser ? facts.known().users() : facts.known().groups()) {
        Tree.Owner owner = all.get(account.asked().number());
        if (owner != null) {
          owned.add(new Owned(isUser, owner, account));
        }
      }
    }
    return owned;
  }
}
