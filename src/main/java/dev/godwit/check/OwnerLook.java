package dev.godwit.check;

import dev.godwit.survey.Known;
import dev.godwit.survey.Tree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether those who own the files are the same on new. The mirror keeps numbers, as the kernel
 * does; so a name must have the same number on both hosts, unless the plan maps it to another one,
 * who must be there.
 */
final class OwnerLook implements Look {
  /**
   * A user or a group, and what new says about whom it is to have in that place.
   *
   * @param owner on old
   * @param onNew what was asked is who is wanted there
   */
  record Owned(boolean isUser, Tree.Owner owner, Known.Account onNew, MappedOwners owners) {
    /** Neither its name nor its number is on new: it can be made there. */
    boolean isMissing() {
      return !wanted().name().isEmpty() && onNew.number() < 0 && onNew.name().isEmpty();
    }

    Known.NumberedName wanted() {
      return onNew.asked();
    }

    String kind() {
      return isUser ? "user" : "group";
    }

    /** Whom it is about on old, for people; and why another one is asked for on new. */
    String sentence() {
      String files =
          owner.files() == 0
              ? "owns no file now"
              : "owns %,d files such as %s".formatted(owner.files(), owner.example());
      String self =
          owner.name().isEmpty()
              ? "%s %d".formatted(kind(), owner.number())
              : "%s %s (%d)".formatted(kind(), owner.name(), owner.number());
      return self + ", who " + files + why();
    }

    private String why() {
      return owners
          .of(isUser, owner.number())
          .map(pair -> " and is mapped by %s: %s".formatted(pair.key(), pair.words()))
          .or(
              () ->
                  owners
                      .giving(isUser, owner.number())
                      .map(
                          pair ->
                              " and gets the number %d on new, because %s gives its own to another: %s"
                                  .formatted(wanted().number(), pair.key(), pair.words())))
          .orElse("");
    }
  }

  @Override
  public void look(Facts facts, Findings findings) {
    for (MappedOwners.Mapped pair : facts.owners().pairs()) {
      if (pair.fromNumber() < 0) {
        findings.add(
            Code.OWNER_MAP,
            "%s: %s: there is no %s %s"
                .formatted(
                    facts.oldHost().name(),
                    pair.key(),
                    pair.isUser() ? "user" : "group",
                    pair.words().from()));
      }
    }
    if (!facts.owners().conflict().isEmpty()) {
      findings.add(
          Code.OWNER_MAP, "%s: %s".formatted(facts.newHost().name(), facts.owners().conflict()));
    }
    for (Owned owned : owners(facts)) {
      String host = facts.newHost().name();
      if (owned.owners().of(owned.isUser(), owned.owner().number()).isPresent()) {
        lookAtMapped(owned, host, findings);
      } else {
        lookAtKept(owned, host, findings);
      }
    }
  }

  private static void lookAtKept(Owned owned, String host, Findings findings) {
    Known.Account onNew = owned.onNew();
    if (owned.owner().name().isEmpty()) {
      if (!onNew.name().isEmpty()) {
        findings.add(
            Code.OWNER_UNNAMED,
            "%s: %s; it has no name on old and is %s on new"
                .formatted(host, owned.sentence(), onNew.name()));
      }
    } else if (owned.isMissing()) {
      findings.add(Code.OWNER_MISSING, "%s: there is no %s".formatted(host, owned.sentence()));
    } else if (onNew.number() < 0) {
      findings.add(
          Code.OWNER_DIFFERS,
          "%s: there is no %s, and the number belongs to %s"
              .formatted(host, owned.sentence(), onNew.name()));
    } else if (onNew.number() != owned.wanted().number()) {
      findings.add(
          Code.OWNER_DIFFERS,
          "%s: %s has the number %d".formatted(host, owned.sentence(), onNew.number()));
    }
  }

  /** Whom the plan names has to be there; of a number alone, who had a name on old, has one. */
  private static void lookAtMapped(Owned owned, String host, Findings findings) {
    MappedOwners.Mapped pair =
        owned.owners().of(owned.isUser(), owned.owner().number()).orElseThrow();
    Known.Account onNew = owned.onNew();
    boolean isThere =
        pair.hasNumberTo()
            ? owned.owner().name().isEmpty() || !onNew.name().isEmpty()
            : pair.toNumber() >= 0;
    if (isThere) {
      return;
    }
    String what =
        "%s: there is no %s %s, for %s"
            .formatted(host, owned.kind(), pair.words().to(), owned.sentence());
    if (owned.isMissing()) {
      findings.add(Code.OWNER_MISSING, what);
    } else if (pair.hasNumberTo()) {
      findings.add(
          Code.OWNER_DIFFERS,
          "%s; %s has the number %d".formatted(what, owned.owner().name(), onNew.number()));
    } else {
      findings.add(
          Code.OWNER_MAP,
          "%s; the number %d, which it would get, belongs to %s"
              .formatted(what, owned.wanted().number(), onNew.name()));
    }
  }

  /** Everybody who owns files or is mapped, once, however many trees they are in. */
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
      for (Tree.Owner other : facts.owners().others(isUser, all::containsKey)) {
        all.put(other.number(), other);
      }
      Map<Known.NumberedName, Known.Account> known = new HashMap<>();
      for (Known.Account account : isUser ? facts.known().users() : facts.known().groups()) {
        known.put(account.asked(), account);
      }
      for (Tree.Owner owner : all.values()) {
        Known.Account account = known.get(facts.owners().wanted(isUser, owner));
        if (account != null) {
          owned.add(new Owned(isUser, owner, account, facts.owners()));
        }
      }
    }
    return owned;
  }
}
