package dev.godwit.forward;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A MariaDB with all that it has in one folder, its temporary files as well: a server removes those
 * of any other that has the same folder for them when it starts.
 */
public final class TestingMariaDb {
  private TestingMariaDb() {}

  /** Makes the tables that a server needs, for root by a unix socket. */
  public static void install(Path directory) throws Exception {
    Files.createDirectory(temporary(directory));
    TestingNamespace.command(
        "mariadb-install-db",
        "--no-defaults",
        "--user=root",
        "--auth-root-authentication-method=socket",
        "--skip-test-db",
        "--tmpdir=" + temporary(directory),
        "--datadir=" + data(directory));
  }

  /** The command of its server. */
  public static String[] server(Path directory, Path socket, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "mariadbd",
                "--no-defaults",
                "--user=root",
                "--tmpdir=" + temporary(directory),
                "--datadir=" + data(directory),
                "--socket=" + socket,
                "--innodb-buffer-pool-size=8M",
                "--innodb-log-file-size=4M"));
    command.addAll(List.of(options));
    return command.toArray(String[]::new);
  }

  private static Path data(Path directory) {
    return directory.resolve("data");
  }

  private static Path temporary(Path directory) {
    return directory.resolve("temporary");
  }
}
