package dev.godwit.bench;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A source, a target that is equal to it, and a program that follows the one with the other. A
 * change counts as there when its content, read from the target, is whole.
 */
final class MirrorTrial implements AutoCloseable {
  private static final long CHANGE_LIMIT_NANOS = 120_000_000_000L;
  private static final long START_LIMIT_NANOS = 600_000_000_000L;

  /** Of one processor; more than either program takes while nothing changes. */
  private static final double SETTLED_PERCENT = 10;

  /** A generation's line in what jcmd says of a heap; the one of the classes has no total. */
  private static final Pattern HEAP_USED = Pattern.compile("total \\d+K, used (\\d+)K");

  /** So many names are looked at for the end of a burst: those that were written last. */
  private static final int LAST_NAMES = 1000;

  /** Longer than what was changed is in doubt at a start, and compared by its content. */
  static final Duration DOUBT = Duration.ofSeconds(130);

  /**
   * The trees, equal.
   *
   * @param files in each directory
   * @param bytes of each
   * @param more files in a directory of its own, which can be renamed; 0 for none
   */
  record Shape(int directories, int files, int bytes, int more) {}

  private final Path home;
  private final Path place;
  private final Line line;
  private final boolean isFar;
  private final String program;
  private final Random random;
  private final Path source;
  private final Path target;
  private final RunGroup group;
  private @Nullable Process process;
  private final Shape shape;
  private int changes;
  private int replaced;

  /**
   * @param place for the logs and the control socket
   * @param trees on a file system on which nothing else happens
   * @param program {@code godwit} or {@code lsyncd}
   * @param shape of the trees, which are there or are still to be made
   * @param seed of what is changed
   */
  MirrorTrial(
      Path home,
      Path place,
      Path trees,
      Line line,
      boolean isFar,
      String program,
      Shape shape,
      long seed)
      throws IOException {
    this.home = home;
    this.place = place;
    this.line = line;
    this.isFar = isFar;
    this.program = program;
    this.shape = shape;
    this.random = new Random(seed);
    this.source = trees.resolve("source");
    this.target = trees.resolve("target");
    this.group = RunGroup.create("godwit-mirror");
  }

  boolean isGodwit() {
    return program.equals("godwit");
  }

  /** Makes both trees. */
  void tree() throws IOException {
    byte[] content = new byte[shape.bytes];
    for (int d = 0; d < shape.directories; d++) {
      Path directory = Files.createDirectories(source.resolve(directory(d)));
      for (int f = 0; f < shape.files; f++) {
        random.nextBytes(content);
        Files.write(directory.resolve("f" + f), content);
      }
    }
    if (shape.more > 0) {
      Path in = Files.createDirectories(source.resolve("large"));
      for (int f = 0; f < shape.more; f++) {
        Files.writeString(in.resolve("f" + f), "" + f);
      }
    }
    Programs.run("cp", "-a", source.toString(), target.toString());
    Programs.run("sync");
  }

  /** The file system has just been mounted: what the program begins with is to be in memory. */
  void look() throws IOException {
    PageCache.fill(source);
    PageCache.fill(target);
  }

  private static String directory(int number) {
    return "d" + number % 40 + "/e" + number;
  }

  /**
   * Starts the program; says how many seconds later the target was equal, a change there, and the
   * program said that it follows from now on.
   */
  double start() throws IOException {
    if (isFar) {
      line.startSshd(group);
    }
    Files.writeString(source.resolve("marker"), "start");
    long began = System.nanoTime();
    process =
        new ProcessBuilder(group.inside(command()))
            .redirectErrorStream(true)
            .redirectOutput(log().toFile())
            .start();
    await(target.resolve("marker"), "start", START_LIMIT_NANOS);
    while (!isLive()) {
      limit(began, START_LIMIT_NANOS, "the start to an end");
      pause();
    }
    return (System.nanoTime() - began) / 1e9;
  }

  private boolean isLive() throws IOException {
    if (!isGodwit()) {
      return Files.readString(log()).contains("Normal: Startup of ");
    }
    JsonNode status = JsonMapper.shared().readTree(ask("status")).get("mirrors").get(0);
    return status.get("state").asString().equals("live");
  }

  /**
   * Waits until what a start leads to has come to its end: a program that has followed its first
   * change may still compare the trees.
   */
  void settle() throws IOException, InterruptedException {
    long began = System.nanoTime();
    double percent;
    do {
      limit(began, START_LIMIT_NANOS, "its start to an end");
      Clock clock = clock();
      Thread.sleep(1000);
      percent = clock.percent();
    } while (percent > SETTLED_PERCENT);
  }

  private Path log() {
    return place.resolve(program + ".log");
  }

  private List<String> command() throws IOException {
    List<String> ssh = List.of("ssh", "-F", line.sshConfiguration().toString());
    String to = isFar ? "far:" + target : target.toString();
    if (isGodwit()) {
      List<String> words = new ArrayList<>(List.of(home.resolve("godwit").toString(), "mirror"));
      if (isFar) {
        words.addAll(List.of("-e", String.join(" ", ssh)));
      }
      words.addAll(
          List.of("--control=" + control(), "--new-root", "--delete-limit=100%", source + "/", to));
      return words;
    }
    Path file = place.resolve("lsyncd.lua");
    Files.writeString(
        file,
        isFar
            ? """
              sync { default.rsyncssh, source = "%s", host = "far", targetdir = "%s", delay = 0,
                rsync = { archive = true, hard_links = true }, ssh = { options = { %s } } }
              """
                .formatted(source, target, sshOptions())
            : """
              sync { default.rsync, source = "%s", target = "%s", delay = 0,
                rsync = { archive = true, hard_links = true } }
              """
                .formatted(source, target));
    return List.of("lsyncd", "-nodaemon", file.toString());
  }

  private Path control() {
    return place.resolve("control");
  }

  /** The lines of the configuration of ssh, which lsyncd takes as a table only. */
  private String sshOptions() throws IOException {
    StringBuilder options = new StringBuilder();
    for (String one : Files.readAllLines(line.sshConfiguration())) {
      String[] words = one.strip().split(" ", 2);
      if (!words[0].equals("Host")) {
        options.append("%s = \"%s\", ".formatted(words[0], words[1]));
      }
    }
    return options.toString();
  }

  /** Writes a file anew and says how long it took to be whole at the target, in ms. */
  double single() throws IOException {
    long began = System.nanoTime();
    String path = somewhere();
    String content = change(path);
    await(target.resolve(path), content, CHANGE_LIMIT_NANOS);
    return (System.nanoTime() - began) / 1e6;
  }

  /** A moment in which nothing happens, never the same. */
  void rest() throws InterruptedException {
    Thread.sleep(20 + random.nextInt(80));
  }

  private String somewhere() {
    return directory(random.nextInt(shape.directories)) + "/f" + random.nextInt(shape.files);
  }

  /** Returns the new content. */
  private String change(String path) throws IOException {
    String content = "change " + changes++ + " " + "x".repeat(1000);
    Files.writeString(source.resolve(path), content);
    return content;
  }

  /** New files at a rate; a thread of its own looks when each is there. In ms, each. */
  double[] rated(int perSecond, int seconds) throws IOException, InterruptedException {
    int count = perSecond * seconds;
    String[] contents = new String[count];
    long[] written = new long[count];
    long[] seen = new long[count];
    int[] made = new int[1];
    Object lock = new Object();
    Thread watcher =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  int left = count;
                  while (left > 0 && isAlive()) {
                    int known;
                    synchronized (lock) {
                      known = made[0];
                    }
                    for (int i = 0; i < known; i++) {
                      if (seen[i] == 0 && contents[i].equals(read(target.resolve("rated" + i)))) {
                        seen[i] = System.nanoTime();
                        left--;
                      }
                    }
                    pause();
                  }
                });
    long began = System.nanoTime();
    for (int i = 0; i < count; i++) {
      while (System.nanoTime() - began < i * 1_000_000_000L / perSecond) {
        pause();
      }
      // Each to a file of its own: a later change would hide an earlier one.
      long now = System.nanoTime();
      String content = change("rated" + i);
      synchronized (lock) {
        contents[i] = content;
        written[i] = now;
        made[0] = i + 1;
      }
    }
    watcher.join(CHANGE_LIMIT_NANOS / 1_000_000);
    double[] millis = new double[count];
    for (int i = 0; i < count; i++) {
      if (seen[i] == 0) {
        throw new BenchmarkException(program + " did not bring rated" + i);
      }
      millis[i] = (seen[i] - written[i]) / 1e6;
    }
    return millis;
  }

  /**
   * @param changesPerSecond as they could be written
   * @param lagMillis after the last one until all are there
   */
  record Burst(double changesPerSecond, double lagMillis) {}

  /** Files that stand are written anew at a rate. */
  Burst burst(int perSecond, int seconds) throws IOException {
    int count = perSecond * seconds;
    Map<String, String> last = new LinkedHashMap<>();
    long began = System.nanoTime();
    for (int i = 0; i < count; i++) {
      while (System.nanoTime() - began < i * 1_000_000_000L / perSecond) {
        pause();
      }
      String path = somewhere();
      last.remove(path); // it is the last one again
      last.put(path, change(path));
      if (last.size() > LAST_NAMES) {
        last.remove(last.keySet().iterator().next());
      }
    }
    long ended = System.nanoTime();
    for (Map.Entry<String, String> one : last.entrySet()) {
      await(target.resolve(one.getKey()), one.getValue(), CHANGE_LIMIT_NANOS);
    }
    return new Burst(count * 1e9 / (ended - began), (System.nanoTime() - ended) / 1e6);
  }

  /** Writes so many files anew and asks for a barrier at once; how long that took, in ms. */
  double barrier(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      change(somewhere());
    }
    long began = System.nanoTime();
    var unused = ask("barrier");
    return (System.nanoTime() - began) / 1e6;
  }

  /** What Godwit answers to a request; anything but a yes is an error that shows it. */
  private String ask(String request) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(control()));
      channel.write(ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.UTF_8)));
      String answer =
          new String(Channels.newInputStream(channel).readNBytes(1 << 16), StandardCharsets.UTF_8);
      if (!answer.startsWith("ok")) {
        throw new BenchmarkException(request + " was not answered with yes: " + answer);
      }
      return answer.substring("ok".length());
    }
  }

  /** Waits until Godwit's status says that nothing has changed that is not there; in ms. */
  double awaitNoLag() throws IOException {
    long began = System.nanoTime();
    JsonNode status;
    do {
      limit(began, CHANGE_LIMIT_NANOS, "its lag to 0");
      pause();
      status = JsonMapper.shared().readTree(ask("status")).get("mirrors").get(0);
    } while (status.get("dirty").asLong() > 0 || status.get("lag_ms").asLong() > 0);
    return (System.nanoTime() - began) / 1e6;
  }

  /** Makes a new directory of files, and removes the one that was made so before. */
  void replaceDirectory(int files) throws IOException {
    remove(source.resolve("come" + replaced));
    Path in = Files.createDirectory(source.resolve("come" + ++replaced));
    for (int f = 0; f < files; f++) {
      Files.writeString(in.resolve("f" + f), "new " + f);
    }
  }

  /** Writes so many files beside the trees and has their file system synced; the sync, in ms. */
  double diskSync(int count) throws IOException {
    Path beside = Files.createDirectories(source.resolveSibling("beside"));
    for (int i = 0; i < count; i++) {
      Path fresh = beside.resolve("new");
      Files.writeString(fresh, "x".repeat(1000));
      Files.move(fresh, beside.resolve("f" + i), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }
    long began = System.nanoTime();
    Programs.run("sync", "--file-system", beside.toString());
    return (System.nanoTime() - began) / 1e6;
  }

  /** Renames the large directory; how long until all of it is there under its new name, in ms. */
  double rename() throws IOException {
    long began = System.nanoTime();
    Files.move(source.resolve("large"), source.resolve("renamed"));
    Path last = target.resolve("renamed").resolve("f" + (shape.more - 1));
    while (!Files.exists(last)
        || Files.exists(target.resolve("large"))
        || count(target.resolve("renamed")) < shape.more) {
      limit(began, START_LIMIT_NANOS, "renamed"); // lsyncd sends it anew
      pause();
    }
    return (System.nanoTime() - began) / 1e6;
  }

  private static int count(Path directory) {
    String[] names = directory.toFile().list();
    return names == null ? 0 : names.length;
  }

  /** Processor time of all processes of both ends, since it was made. */
  final class Clock {
    private final RunGroup.Processor before;
    private final long began = System.nanoTime();

    private Clock() throws IOException {
      before = group.processor();
    }

    double processorSeconds() throws IOException {
      return group.processor().minus(before).total().toNanos() / 1e9;
    }

    /** Of one processor. */
    double percent() throws IOException {
      return 100 * processorSeconds() / ((System.nanoTime() - began) / 1e9);
    }
  }

  Clock clock() throws IOException {
    return new Clock();
  }

  /** Of all processes together. */
  double residentMegabytes() throws IOException {
    double memory = 0;
    for (String id : group.processes()) {
      memory += resident(id);
    }
    return memory;
  }

  private static double resident(String process) {
    return status(process, "VmRSS:") / 1e3;
  }

  /** Of all processes together, as {@link #handles}. */
  double threads() throws IOException {
    double threads = 0;
    for (String id : group.processes()) {
      threads += status(id, "Threads:");
    }
    return threads;
  }

  /** How often the threads that are there now have waited, of all processes together. */
  double waits() throws IOException {
    double waits = 0;
    for (String id : group.threads()) {
      waits += status(id, "voluntary_ctxt_switches:");
    }
    return waits;
  }

  /** A figure of /proc/PID/status, or of a thread; 0 when it has ended. */
  private static long status(String id, String name) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc", id, "status"))) {
        if (line.startsWith(name)) {
          return Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
      }
    } catch (IOException e) {
      return 0; // ended
    }
    return 0;
  }

  /** Open files of all processes together. */
  double handles() throws IOException {
    double handles = 0;
    for (String id : group.processes()) {
      handles += count(Path.of("/proc", id, "fd"));
    }
    return handles;
  }

  /** What is in use of the heaps of all processes that run Java, after a collection. */
  double heapMegabytes() throws IOException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    long kb = 0;
    for (String id : group.processes()) {
      if (Files.readSymbolicLink(Path.of("/proc", id, "exe")).endsWith("java")) {
        Programs.run(jcmd, id, "GC.run");
        kb +=
            HEAP_USED
                .matcher(Programs.run(jcmd, id, "GC.heap_info"))
                .results()
                .mapToLong(used -> Long.parseLong(used.group(1)))
                .sum();
      }
    }
    return kb / 1e3;
  }

  /** What rsync would still have to do, once the program has had time to come to rest. */
  String difference() throws IOException, InterruptedException {
    String left = "";
    for (int i = 0; i < 20; i++) {
      left =
          Programs.run(
              "rsync", "-aHni", "--omit-dir-times", "--delete", source + "/", target + "/");
      if (left.isBlank()) {
        return "";
      }
      Thread.sleep(1000);
    }
    return left;
  }

  private void await(Path file, String content, long limit) throws IOException {
    long began = System.nanoTime();
    while (!content.equals(read(file))) {
      limit(began, limit, file.toString());
      pause();
    }
  }

  private void limit(long began, long limit, String what) throws IOException {
    if (System.nanoTime() - began > limit || !isAlive()) {
      throw new BenchmarkException(
          program + " did not bring " + what + ": " + Programs.read(log()));
    }
  }

  private boolean isAlive() {
    return Objects.requireNonNull(process).isAlive();
  }

  private static @Nullable String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return null; // not there yet, or exchanged just now
    }
  }

  private static void pause() {
    try {
      Thread.sleep(0, 200_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(one);
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    group.close();
  }
}
