package dev.godwit.move;

import dev.godwit.check.MappedOwners;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.PlannedOwners;
import dev.godwit.survey.SurveyClient;
import dev.godwit.sync.IdMap;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The numbers that old's users and groups have on new, by the plan's {@code usermap} and {@code
 * groupmap}. Names are looked up when {@code start} is said, and remembered: the way back has to be
 * the way there turned round, whatever becomes of the accounts meanwhile, and it must not fail
 * because one has gone.
 */
final class MovedOwners {
  /** The journal's: the plan's words, then the numbers, of users and of groups, a line each. */
  private static final String FACT = "owners";

  private static final int LINES = 4;

  private final Move move;

  MovedOwners(Move move) {
    this.move = move;
  }

  /**
   * Looks the names up anew; remembers nothing when that fails.
   *
   * @throws MoveException FAILED for people, when the map cannot be obeyed
   */
  void lookUp() throws IOException {
    PlannedOwners planned = move.plan().owners();
    if (planned.isEmpty()) {
      forget();
      return;
    }
    IdMap numbers;
    try {
      numbers =
          MappedOwners.numbers(
              move.plan(),
              new SurveyClient(move.hosts().oldHost()),
              new SurveyClient(move.hosts().newHost()));
    } catch (MappedOwners.MapException e) {
      throw new MoveException(
          MoveException.Kind.FAILED,
          "%s. godwit check %s says what is missing".formatted(e.getMessage(), move.plan().typed()),
          e);
    }
    move.journal()
        .setFact(FACT, words() + "\n" + numbers.userText() + "\n" + numbers.groupText() + "\n");
  }

  /** Of old on new; looked up first where the plan says something else than the last time. */
  IdMap numbers() throws IOException {
    if (move.plan().owners().isEmpty()) {
      return IdMap.NONE;
    }
    List<String> lines = lines();
    if (!isRemembered(lines)) {
      lookUp();
      lines = lines();
    }
    return IdMap.parse(lines.get(2), lines.get(3));
  }

  private List<String> lines() throws IOException {
    return List.of(move.journal().fact(FACT).orElse("").split("\n", -1));
  }

  private boolean isRemembered(List<String> lines) {
    return lines.size() >= LINES && (lines.get(0) + "\n" + lines.get(1)).equals(words());
  }

  private String words() {
    PlannedOwners planned = move.plan().owners();
    return words(planned.users()) + "\n" + words(planned.groups());
  }

  private static String words(List<?> pairs) {
    return pairs.stream().map(Object::toString).collect(Collectors.joining(","));
  }

  /** The numbers of a tree's owners as old has them, for who is on this host. */
  IdMap asOnOld(Role role, FileTree tree) throws IOException {
    return role == Role.OLD || move.plan().isQueue(tree) ? IdMap.NONE : numbers().inverse();
  }

  /** Nothing of it is to be known to a later move. */
  void forget() throws IOException {
    move.journal().setFact(FACT, "");
  }
}
