package dev.godwit.check;

import dev.godwit.plan.OwnerPair;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedOwners;
import dev.godwit.survey.Known;
import dev.godwit.survey.SurveyClient;
import dev.godwit.survey.Tree;
import dev.godwit.sync.IdMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The pairs of a plan's {@code usermap} and {@code groupmap} with the numbers and names that they
 * have: of FROM on old, of TO on new.
 */
public final class MappedOwners {
  static final MappedOwners NONE = new MappedOwners(List.of());

  /** Why a map cannot be obeyed, for people. */
  public static final class MapException extends IOException {
    private static final long serialVersionUID = 1L;

    MapException(String message) {
      super(message);
    }
  }

  /**
   * One pair.
   *
   * @param fromNumber on old; -1 when nobody has the name there
   * @param fromName on old; empty when the number has none there
   * @param toNumber on new; -1 when nobody has the name there
   * @param toName on new; empty when the number has none there
   */
  record Mapped(
      boolean isUser,
      OwnerPair words,
      long fromNumber,
      String fromName,
      long toNumber,
      String toName) {
    boolean isKnown() {
      return fromNumber >= 0 && toNumber >= 0;
    }

    boolean hasNumberTo() {
      return OwnerPair.isNumber(words.to());
    }

    String key() {
      return isUser ? "usermap" : "groupmap";
    }
  }

  private final List<Mapped> pairs;
  private final IdMap numbers;
  private final String conflict;

  MappedOwners(List<Mapped> pairs) {
    this.pairs = List.copyOf(pairs);
    IdMap all = IdMap.NONE;
    String why = "";
    try {
      all = IdMap.of(numbers(true), numbers(false));
    } catch (IllegalArgumentException e) {
      why = String.valueOf(e.getMessage());
    }
    this.numbers = all;
    this.conflict = why;
  }

  private Map<Long, Long> numbers(boolean isUser) {
    Map<Long, Long> known = new LinkedHashMap<>();
    for (Mapped pair : pairs) {
      if (pair.isUser() == isUser && pair.isKnown()) {
        Long before = known.put(pair.fromNumber(), pair.toNumber());
        if (before != null && before != pair.toNumber()) {
          throw new IllegalArgumentException(
              "%d would become %d and %d".formatted(pair.fromNumber(), before, pair.toNumber()));
        }
      }
    }
    return known;
  }

  /** Asks both hosts; one round trip to each. */
  static MappedOwners ask(Plan plan, SurveyClient onOld, SurveyClient onNew) throws IOException {
    PlannedOwners planned = plan.owners();
    if (planned.isEmpty()) {
      return NONE;
    }
    Known old = onOld.known(question(planned, true));
    Known neu = onNew.known(question(planned, false));
    List<Mapped> pairs = new ArrayList<>();
    add(pairs, true, planned.users(), old.users(), neu.users());
    add(pairs, false, planned.groups(), old.groups(), neu.groups());
    return new MappedOwners(pairs);
  }

  private static Known.Question question(PlannedOwners planned, boolean isFrom) {
    return new Known.Question(
        asked(planned.users(), isFrom),
        asked(planned.groups(), isFrom),
        List.of(),
        List.of(),
        List.of());
  }

  private static List<Known.NumberedName> asked(List<OwnerPair> pairs, boolean isFrom) {
    return pairs.stream()
        .map(pair -> isFrom ? pair.from() : pair.to())
        .map(
            word ->
                OwnerPair.isNumber(word)
                    ? new Known.NumberedName(Long.parseLong(word), "")
                    : new Known.NumberedName(0, word))
        .toList();
  }

  private static void add(
      List<Mapped> pairs,
      boolean isUser,
      List<OwnerPair> words,
      List<Known.Account> old,
      List<Known.Account> neu) {
    for (int i = 0; i < words.size(); i++) {
      OwnerPair pair = words.get(i);
      Known.NumberedName from = found(pair.from(), old.get(i));
      Known.NumberedName to = found(pair.to(), neu.get(i));
      pairs.add(new Mapped(isUser, pair, from.number(), from.name(), to.number(), to.name()));
    }
  }

  private static Known.NumberedName found(String word, Known.Account account) {
    return OwnerPair.isNumber(word)
        ? new Known.NumberedName(Long.parseLong(word), account.name())
        : new Known.NumberedName(account.number(), word);
  }

  /**
   * The numbers of old's users and groups on new.
   *
   * @throws MapException when a name cannot be told, or two become one
   */
  public static IdMap numbers(Plan plan, SurveyClient onOld, SurveyClient onNew)
      throws IOException {
    MappedOwners owners = ask(plan, onOld, onNew);
    for (Mapped pair : owners.pairs) {
      if (!pair.isKnown()) {
        throw new MapException(
            "%s: %s: there is no %s %s on %s"
                .formatted(
                    pair.key(),
                    pair.words(),
                    pair.isUser() ? "user" : "group",
                    pair.fromNumber() < 0 ? pair.words().from() : pair.words().to(),
                    pair.fromNumber() < 0 ? "old" : "new"));
      }
    }
    if (!owners.conflict.isEmpty()) {
      throw new MapException("usermap and groupmap: " + owners.conflict);
    }
    return owners.numbers;
  }

  List<Mapped> pairs() {
    return pairs;
  }

  /** Why the map has no way back; empty when it has one. */
  String conflict() {
    return conflict;
  }

  /** The pair that a number of old is mapped by. */
  Optional<Mapped> of(boolean isUser, long number) {
    return first(isUser, pair -> pair.fromNumber() == number);
  }

  /** The pair that gives a number of new to somebody. */
  Optional<Mapped> giving(boolean isUser, long number) {
    return first(isUser, pair -> pair.toNumber() == number);
  }

  private Optional<Mapped> first(boolean isUser, Predicate<Mapped> which) {
    return pairs.stream().filter(pair -> pair.isUser() == isUser && which.test(pair)).findFirst();
  }

  /** Of a group of old, that on new. */
  long group(long number) {
    return number < 0 ? number : Integer.toUnsignedLong(numbers.group((int) number));
  }

  /** Whom new is to have in the place of somebody on old. */
  Known.NumberedName wanted(boolean isUser, Tree.Owner owner) {
    Optional<Mapped> pair = of(isUser, owner.number());
    if (pair.isPresent() && !pair.get().hasNumberTo()) {
      long number = pair.get().toNumber();
      // Who is not there yet can have the number of old.
      return new Known.NumberedName(number < 0 ? owner.number() : number, pair.get().words().to());
    }
    int id = (int) owner.number();
    int there = isUser ? numbers.user(id) : numbers.group(id);
    long number = pair.isPresent() ? pair.get().toNumber() : Integer.toUnsignedLong(there);
    return new Known.NumberedName(number, owner.name());
  }

  /** Who is mapped and owns nothing that was looked at. */
  List<Tree.Owner> others(boolean isUser, Predicate<Long> isOwner) {
    return pairs.stream()
        .filter(pair -> pair.isUser() == isUser && pair.fromNumber() >= 0)
        .filter(pair -> !isOwner.test(pair.fromNumber()))
        .map(pair -> new Tree.Owner(pair.fromNumber(), pair.fromName(), 0, "", -1, "", ""))
        .toList();
  }
}
