package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A control group (cgroup v2) of one run: every process of both ends is in it, so the kernel counts
 * the processor time of all, of those that have ended too, and all can be ended at once. What the
 * kernel does by itself, such as writing dirty pages of the loop device, is not in it.
 */
final class RunGroup implements AutoCloseable {
  private static final Duration END_LIMIT = Duration.ofSeconds(20);
  private static final Duration REST_LIMIT = Duration.ofSeconds(1);

  private final Path folder;

  /** Ends the run's processes when the benchmark itself is ended. */
  private final Thread ending = new Thread(this::kill, "end-run");

  private RunGroup(Path folder) {
    this.folder = folder;
    Runtime.getRuntime().addShutdownHook(ending);
  }

  /** Processor time since the group was made. */
  record Processor(Duration user, Duration system) {
    Duration total() {
      return user.plus(system);
    }

    Processor minus(Processor earlier) {
      return new Processor(user.minus(earlier.user), system.minus(earlier.system));
    }
  }

  static RunGroup create(String name) throws IOException {
    try {
      Path folder = own().resolve(name + "-" + ProcessHandle.current().pid());
      Files.createDirectory(folder);
      return new RunGroup(folder);
    } catch (IOException e) {
      throw new BenchmarkException(
          "unable to make a control group: " + e + "; cgroup v2 has to be mounted, for root");
    }
  }

  /** The command, started by a shell that enters the group first; the shell becomes the command. */
  List<String> inside(List<String> command) {
    List<String> all =
        new ArrayList<>(List.of("sh", "-c", "echo $$ >\"$0\" && exec \"$@\"", procs().toString()));
    all.addAll(command);
    return all;
  }

  /** Its path below the mount of all groups. */
  String path() throws IOException {
    return mount().relativize(folder).toString();
  }

  Processor processor() throws IOException {
    long user = 0;
    long system = 0;
    for (String line : Files.readAllLines(folder.resolve("cpu.stat"))) {
      int space = line.indexOf(' ');
      switch (line.substring(0, space)) {
        case "user_usec" -> user = Long.parseLong(line, space + 1, line.length(), 10);
        case "system_usec" -> system = Long.parseLong(line, space + 1, line.length(), 10);
        default -> {}
      }
    }
    return new Processor(Duration.ofNanos(user * 1000), Duration.ofNanos(system * 1000));
  }

  List<String> processes() throws IOException {
    return Files.readAllLines(procs());
  }

  List<String> threads() throws IOException {
    return Files.readAllLines(folder.resolve("cgroup.threads"));
  }

  /**
   * Waits until no others run than those that are named, for a second at most: what the far end
   * does to come to its end belongs to a run.
   */
  void awaitOnly(List<String> processes) throws IOException {
    long limit = System.nanoTime() + REST_LIMIT.toNanos();
    while (!processes.containsAll(processes()) && System.nanoTime() < limit) {
      pause();
    }
  }

  /** Ends what still runs in it. */
  @Override
  public void close() throws IOException {
    Runtime.getRuntime().removeShutdownHook(ending);
    end();
  }

  private void end() throws IOException {
    Files.writeString(folder.resolve("cgroup.kill"), "1");
    long limit = System.nanoTime() + END_LIMIT.toNanos();
    while (Files.readString(folder.resolve("cgroup.events")).contains("populated 1")) {
      if (System.nanoTime() > limit) {
        throw new IOException("processes " + processes() + " of a run do not end");
      }
      pause();
    }
    Files.delete(folder);
  }

  private void kill() {
    try {
      end();
    } catch (IOException e) {
      System.err.println("benchmark: processes of " + folder + " may still run: " + e);
    }
  }

  private Path procs() {
    return folder.resolve("cgroup.procs");
  }

  private static Path mount() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
        .map(line -> line.split(" ", -1))
        .filter(fields -> fields[2].equals("cgroup2"))
        .map(fields -> Path.of(fields[1]))
        .findFirst()
        .orElseThrow(() -> new IOException("no file system of type cgroup2 is mounted"));
  }

  /** The directory of the group that this process is in. */
  private static Path own() throws IOException {
    String group =
        Files.readAllLines(Path.of("/proc/self/cgroup")).stream()
            .filter(line -> line.startsWith("0::/"))
            .map(line -> line.substring("0::/".length()))
            .findFirst()
            .orElseThrow(() -> new IOException("this process is in no group of cgroup v2"));
    return mount().resolve(group);
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(5);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
