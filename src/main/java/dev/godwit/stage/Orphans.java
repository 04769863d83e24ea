package dev.godwit.stage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.host.Processes;
import dev.godwit.linux.Children;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * The duty of a first process (pid_namespaces(7)): daemons become its children when whoever started
 * them has ended, and stay as zombies until it takes note of their end. A script that waits for its
 * daemon with kill -0 would wait for ever.
 *
 * <p>Children that this program has started itself are not touched: whoever waits for them needs
 * their exit status. One that has only just been started may not be known yet, hence the second
 * look.
 */
final class Orphans {
  private static final Duration LOOK = Duration.ofMillis(20);

  private Orphans() {}

  /** Takes note of them from now on, for as long as this process lives. */
  static void adopt() {
    Thread.ofPlatform().daemon().name("orphans").start(Orphans::run);
  }

  private static void run() {
    Set<Integer> seen = Set.of();
    try {
      while (true) {
        Set<Integer> zombies = zombies();
        for (int zombie : zombies) {
          if (seen.contains(zombie) && !Processes.isAwaited(zombie)) {
            Children.reap(zombie);
          }
        }
        seen = zombies;
        Thread.sleep(LOOK);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does; the process ends with it then
    }
  }

  private static Set<Integer> zombies() {
    Set<Integer> zombies = new HashSet<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (isZombieOfOurs(process)) {
          zombies.add(Integer.parseInt(process.getFileName().toString()));
        }
      }
    } catch (IOException e) {
      return Set.of(); // looked at again in a moment
    }
    return zombies;
  }

  /** From proc_pid_stat(5): after the name in parentheses, the state and the parent. */
  private static boolean isZombieOfOurs(Path process) {
    try {
      String stat = Files.readString(process.resolve("stat"), ISO_8859_1);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 3);
      return fields[0].equals("Z") && fields[1].equals("1");
    } catch (IOException e) {
      return false; // it is gone
    }
  }
}
