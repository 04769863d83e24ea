package dev.godwit.mirror;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What rsync would still do to make one tree equal to another: content, owners, modes, times,
 * access control lists, extended attributes, links, devices and surplus names.
 */
final class TestingOracle {
  private TestingOracle() {}

  /** What rsync exits with when a name was gone before it came to it (rsync(1)). */
  private static final int VANISHED = 24;

  /** Whether there is nothing to do, while a mirror may be at work. */
  static boolean areEqualYet(Path source, Path target) throws IOException, InterruptedException {
    String[] command = comparison(source, target);
    Ended ended = ended(command);
    assertThat(ended.code).as("%s: %s", String.join(" ", command), ended.said).isIn(0, VANISHED);
    return ended.code == 0 && ended.said.isBlank() && differentLinks(source, target).isEmpty();
  }

  /** One line for each name that differs; none when there is nothing to do. */
  static List<String> differences(Path source, Path target, String... more)
      throws IOException, InterruptedException {
    String said = run(comparison(source, target, more));
    List<String> differences =
        new ArrayList<>(said.lines().filter(line -> !line.isEmpty()).toList());
    if (more.length == 0) {
      differences.addAll(differentLinks(source, target));
    }
    return differences;
  }

  private static String[] comparison(Path source, Path target, String... more) {
    List<String> command =
        new ArrayList<>(List.of("rsync", "-nciaHAX", "--numeric-ids", "--delete"));
    command.add("--modify-window=-1"); // times to the nanosecond
    command.addAll(List.of(more));
    command.addAll(List.of(source + "/", target + "/"));
    return command.toArray(String[]::new);
  }

  /**
   * The names that are one file on one side and not on the other: rsync does not see those that are
   * joined on the target and are equal at the source.
   */
  private static List<String> differentLinks(Path source, Path target)
      throws IOException, InterruptedException {
    Set<String> here = shown(linked(source));
    Set<String> there = shown(linked(target));
    List<String> different = new ArrayList<>();
    here.stream()
        .filter(one -> !there.contains(one))
        .map(one -> "hl source " + one)
        .forEach(different::add);
    there.stream()
        .filter(one -> !here.contains(one))
        .map(one -> "hl target " + one)
        .forEach(different::add);
    return different;
  }

  /**
   * The names elsewhere of the files that have one below some names of a tree's root, as patterns
   * of rsync.
   */
  static List<String> otherNames(Path tree, Set<String> tops)
      throws IOException, InterruptedException {
    Set<String> bytes =
        tops.stream()
            .map(top -> new String(top.getBytes(UTF_8), ISO_8859_1))
            .collect(Collectors.toSet());
    return linked(tree).values().stream()
        .filter(names -> names.stream().anyMatch(name -> isBelow(name, bytes)))
        .flatMap(Set::stream)
        .filter(name -> !isBelow(name, bytes))
        .map(name -> name.replaceAll("[^A-Za-z0-9/._-]", "?"))
        .toList();
  }

  private static boolean isBelow(String name, Set<String> tops) {
    return tops.contains(name.split("/", 2)[0]);
  }

  /** The names of each file that has several in a tree. */
  private static Map<String, Set<String>> linked(Path tree)
      throws IOException, InterruptedException {
    Map<String, Set<String>> names = new TreeMap<>();
    String found =
        run("find", tree + "/", "!", "-type", "d", "-links", "+1", "-printf", "%D:%i %P\\0");
    for (String one : found.split("\0")) {
      String[] words = one.split(" ", 2);
      if (words.length == 2) {
        names.computeIfAbsent(words[0], key -> new TreeSet<>()).add(words[1]);
      }
    }
    names.values().removeIf(all -> all.size() < 2);
    return names;
  }

  private static Set<String> shown(Map<String, Set<String>> linked) {
    return linked.values().stream().map(Set::toString).collect(Collectors.toSet());
  }

  static void assertEqual(String as, Path source, Path target)
      throws IOException, InterruptedException {
    assertThat(differences(source, target)).as(as).isEmpty();
  }

  /** Runs a program to its end; returns what it said. */
  static String run(String... command) throws IOException, InterruptedException {
    Ended ended = ended(command);
    assertThat(ended.code).as("%s: %s", String.join(" ", command), ended.said).isZero();
    return ended.said;
  }

  private record Ended(int code, String said) {}

  private static Ended ended(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    return new Ended(process.waitFor(), said);
  }
}
