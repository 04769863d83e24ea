package dev.godwit.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Becomes another user and prints what the kernel says of each of its threads. */
final class TestingBecome {
  private TestingBecome() {}

  public static void main(String[] args) throws IOException {
    Identity.become(
        Integer.parseInt(args[0]),
        Integer.parseInt(args[1]),
        new int[] {Integer.parseInt(args[2])});
    List<Path> threads;
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      threads = tasks.toList();
    }
    for (Path thread : threads) {
      List<String> status = Files.readAllLines(thread.resolve("status"));
      System.out.println(
          String.join(
              "|",
              field(status, "Uid:"),
              field(status, "Gid:"),
              field(status, "Groups:"),
              field(status, "CapEff:")));
    }
  }

  private static String field(List<String> status, String name) {
    String line = status.stream().filter(l -> l.startsWith(name)).findFirst().orElseThrow();
    return line.substring(name.length()).strip().replace('\t', ' ');
  }
}
