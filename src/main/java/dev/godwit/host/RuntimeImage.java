package dev.godwit.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A Java for far hosts that have none, as an archive: made once by the jlink of the JDK that this
 * process runs on, of the modules that an agent needs, and kept beside the jar.
 *
 * @param archive a tar file, compressed by gzip, whose top is the runtime's own: {@code bin/java}
 * @param processor on which it runs, as {@code uname -m} says it
 */
record RuntimeImage(AgentFile archive, String processor) {
  /**
   * What the jar's classes refer to (jdeps), but for java.desktop, of which a library uses two
   * annotations where they are to be had.
   */
  private static final String MODULES =
      "java.base,java.sql,jdk.httpserver,jdk.management,jdk.net,jdk.unsupported";

  /** Not compressed: the archive is smaller so, and it starts quicker. */
  private static final List<String> FLAGS =
      List.of(
          "--add-modules",
          MODULES,
          "--strip-debug",
          "--no-header-files",
          "--no-man-pages",
          "--compress",
          "zip-0");

  /** Threads of one process must not wait for a {@link FileTurn} at the same time. */
  private static final ReentrantLock IN_PROCESS = new ReentrantLock();

  private static final Duration MAKING_MAX = Duration.ofMinutes(10);

  /**
   * The one that was made before; empty where none was.
   *
   * @throws HostException when it cannot be read
   */
  static Optional<RuntimeImage> made() throws HostException {
    Path jar = AgentFile.jar();
    if (jar == null) {
      return Optional.empty();
    }
    for (Path folder : List.of(beside(jar), inCache())) {
      Path archive = folder.resolve(fileName());
      if (Files.isRegularFile(archive)) {
        return Optional.of(of(archive));
      }
    }
    return Optional.empty();
  }

  /**
   * Makes it, unless it was made before or another process is about it; takes some ten seconds.
   * Empty where this host's Java has no jlink.
   *
   * @throws HostException when that fails
   */
  static Optional<RuntimeImage> make() throws HostException, InterruptedException {
    Path jlink = Path.of(System.getProperty("java.home"), "bin", "jlink");
    Path jar = AgentFile.jar();
    if (jar == null || !Files.isExecutable(jlink)) {
      return Optional.empty();
    }
    Path folder = Files.isWritable(beside(jar)) ? beside(jar) : inCache();
    IN_PROCESS.lockInterruptibly();
    try {
      Files.createDirectories(folder);
      try (FileTurn turn = FileTurn.take(folder.resolve("runtime.lock"))) {
        Path archive = folder.resolve(fileName());
        if (!Files.isRegularFile(archive)) {
          make(jlink, folder, archive);
        }
        return Optional.of(of(archive));
      }
    } catch (IOException e) {
      throw new HostException(
          "Cannot make the Java that far hosts without one need, in %s: %s"
              .formatted(folder, e.getMessage()),
          e);
    } finally {
      IN_PROCESS.unlock();
    }
  }

  private static RuntimeImage of(Path archive) throws HostException {
    return new RuntimeImage(AgentFile.of(archive), ownProcessor());
  }

  private static Path beside(Path jar) {
    Path folder = jar.toAbsolutePath().getParent();
    return folder == null ? Path.of("/") : folder;
  }

  private static Path inCache() {
    String cache = System.getenv("XDG_CACHE_HOME");
    return cache == null
        ? Path.of(System.getProperty("user.home"), ".cache", "godwit")
        : Path.of(cache, "godwit");
  }

  private static String ownProcessor() {
    String name = System.getProperty("os.arch");
    return name.equals("amd64") ? "x86_64" : name;
  }

  /** Another Java, or another recipe, makes another one. */
  private static String fileName() {
    return "runtime-%s-%s-%08x.tgz"
        .formatted(System.getProperty("java.version"), ownProcessor(), FLAGS.hashCode());
  }

  private static void make(Path jlink, Path folder, Path archive)
      throws IOException, InterruptedException {
    Path work = Files.createTempDirectory(folder, "runtime-making-");
    try {
      Path image = work.resolve("image");
      List<String> linking = new ArrayList<>(List.of(jlink.toString()));
      linking.addAll(FLAGS);
      linking.addAll(List.of("--output", image.toString()));
      run(linking);
      Path part = work.resolve("archive");
      run(List.of("tar", "-czf", part.toString(), "-C", image.toString(), "."));
      removeOthers(folder);
      AgentFile counted = AgentFile.of(part);
      // First: without it everybody who connects would count an archive that is there.
      Files.writeString(
          archive.resolveSibling(archive.getFileName() + ".sha256"),
          counted.sha256() + " " + counted.bytes() + "\n",
          StandardCharsets.US_ASCII);
      Files.move(part, archive, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Processes.Outcome unused = Processes.run(List.of("rm", "-rf", work.toString()), MAKING_MAX);
    }
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Processes.Outcome outcome = Processes.run(command, MAKING_MAX);
    if (!outcome.isSuccess()) {
      throw new IOException("`%s` failed: %s".formatted(String.join(" ", command), outcome.said()));
    }
  }

  /** Those of an older Java, which no process sends any more. */
  private static void removeOthers(Path folder) throws IOException {
    try (DirectoryStream<Path> others = Files.newDirectoryStream(folder, "runtime-*.tgz*")) {
      for (Path other : others) {
        Files.deleteIfExists(other);
      }
    }
  }
}
