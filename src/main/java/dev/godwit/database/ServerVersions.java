package dev.godwit.database;

import dev.godwit.host.Processes;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.TextFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Which servers a host has, and which one has written a data directory. */
final class ServerVersions {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int BYTES_MAX = 256;

  private ServerVersions() {}

  /**
   * Asks the programs of a kind that are installed where distributions have them.
   *
   * @param root of the file system that they are in
   */
  static Set<ServerVersion> installed(Engine engine, Path root)
      throws IOException, InterruptedException {
    Set<ServerVersion> found = new TreeSet<>();
    for (Path program : programs(engine, root)) {
      Processes.Outcome said = Processes.run(List.of(program.toString(), "--version"), LIMIT);
      if (said.isSuccess()) {
        ServerVersion.parse(engine, said.out()).ifPresent(found::add);
      }
    }
    return found;
  }

  private static List<Path> programs(Engine engine, Path root) throws IOException {
    List<Path> programs = new ArrayList<>();
    switch (engine) {
      case MARIADB -> {
        for (String name : List.of("mariadbd", "mysqld")) {
          for (String folder : List.of("usr/sbin", "usr/libexec", "usr/bin", "usr/local/sbin")) {
            programs.add(root.resolve(folder).resolve(name));
          }
        }
      }
      case POSTGRESQL -> {
        programs.add(root.resolve("usr/bin/postgres"));
        each(root.resolve("usr/lib/postgresql"), "*", programs);
        each(root.resolve("usr"), "pgsql-*", programs);
      }
      case MONGODB -> {}
    }
    programs.removeIf(program -> !Files.isExecutable(program));
    return programs;
  }

  /** Debian and the project's own packages for others have each version in a folder of its own. */
  private static void each(Path above, String names, List<Path> programs) throws IOException {
    if (!Files.isDirectory(above)) {
      return;
    }
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(above, names)) {
      folders.forEach(folder -> programs.add(folder.resolve("bin/postgres")));
    }
  }

  /** Which one has written a data directory last; empty when the directory does not say. */
  static Optional<ServerVersion> ofData(Engine engine, String path) throws IOException {
    List<String> names =
        switch (engine) {
          case MARIADB -> List.of("mariadb_upgrade_info", "mysql_upgrade_info");
          case POSTGRESQL -> List.of("PG_VERSION");
          case MONGODB -> List.of();
        };
    for (String name : names) {
      Optional<String> line = line(path, name);
      if (line.isPresent()) {
        return ServerVersion.parse(engine, line.get());
      }
    }
    return Optional.empty();
  }

  /** The first line of a small file; empty when there is none. */
  private static Optional<String> line(String path, String name) throws IOException {
    try (DirectoryHandle folder = DirectoryHandle.open(path.getBytes(StandardCharsets.UTF_8))) {
      return Optional.ofNullable(
              TextFile.read(folder, name.getBytes(StandardCharsets.US_ASCII), BYTES_MAX))
          .flatMap(text -> text.lines().findFirst());
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
