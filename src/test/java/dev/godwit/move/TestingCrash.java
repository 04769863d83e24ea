package dev.godwit.move;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * One place of a crash matrix, and which of them are tried: a sample by a seed that is printed;
 * {@code -Dgodwit.crash.seed=N} for the same again. {@code -Dgodwit.crash=all} for all of them, or
 * {@code -Dgodwit.crash=gate,old_line} for those victims, {@code missing} for those without a green
 * run yet; {@code -Dgodwit.crash.step=WORD} for one step only, {@code -Dgodwit.crash.times=N} for
 * each of them N times. With {@code -Dgodwit.documents=write} green runs are counted in {@link
 * TestingMatrix}.
 */
interface TestingCrash {
  /** Longer than a switch takes; on a machine that is very busy, give it more. */
  String HOLD_KEY = "godwit.crash.hold";

  TestingVictim victim();

  /** The step's word. */
  String stepWord();

  /** What follows the victim in a key of the matrix. */
  String place();

  default String key() {
    return TestingMatrix.key(victim(), place());
  }

  /**
   * @param sample what is tried by default, of those with a green run, in a random order
   */
  static <C extends TestingCrash> List<C> chosen(
      String matrix, List<C> all, UnaryOperator<List<C>> sample) throws IOException {
    String which = System.getProperty("godwit.crash", "");
    String step = System.getProperty("godwit.crash.step", "");
    int times = Integer.getInteger("godwit.crash.times", 1);
    if (which.isEmpty()) {
      TestingMatrix tried = TestingMatrix.read(matrix);
      List<C> mixed = new ArrayList<>(all.stream().filter(one -> tried.has(one.key())).toList());
      Collections.shuffle(mixed, random(matrix));
      return sample.apply(mixed);
    }
    List<String> wanted = Arrays.asList(which.split(","));
    TestingMatrix green = TestingMatrix.read(matrix);
    Predicate<C> isWanted =
        crash ->
            which.equals("all")
                || wanted.contains(crash.victim().word())
                || (wanted.contains("missing") && !green.has(crash.key()));
    List<C> chosen =
        all.stream()
            .filter(isWanted.and(crash -> step.isEmpty() || crash.stepWord().equals(step)))
            .toList();
    List<C> often = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      often.addAll(chosen);
    }
    return often;
  }

  /** By a seed that is printed, or the one that is to be tried again. */
  static Random random(String matrix) {
    long seed = Long.getLong("godwit.crash.seed", System.nanoTime() % 1_000_000);
    System.out.println(matrix + ": seed " + seed);
    return new Random(seed);
  }

  /** It was green. */
  default void count(String matrix, int exit, int failed) throws IOException {
    if ("write".equals(System.getProperty("godwit.documents"))) {
      TestingMatrix.read(matrix).add(key(), exit, failed);
    }
  }
}
