package dev.godwit.service;

import dev.godwit.host.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Keeps units of systemd from being started, by anybody, also after a reboot (H57): a drop-in with
 * a condition that is never true. Unlike a mask it can be put on a unit of the administrator's own,
 * below /etc/systemd/system, and can be told from what the administrator did.
 *
 * <p>See systemd.unit(5), "ConditionPathExists", and "drop-in".
 */
public final class Fences {
  private static final Duration RELOAD_LIMIT = Duration.ofSeconds(30);
  private static final String NAME = "50-godwit-fence.conf";

  private final Path units;

  /**
   * The fences of a host.
   *
   * @param units where drop-ins are read from, /etc/systemd/system on a host
   */
  public Fences(Path units) {
    this.units = units;
  }

  void put(String unit) throws IOException, InterruptedException {
    Path folder = units.resolve(unit + ".d");
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve(NAME),
        """
        # The service has moved to another host. Put here by godwit cutover; to start it here again:
        # remove this file, systemctl daemon-reload
        [Unit]
        ConditionPathExists=/nonexistent/moved-to-another-host
        """,
        StandardCharsets.UTF_8);
    reload();
  }

  /** Does nothing for a unit without a fence of ours. */
  void lift(String unit) throws IOException, InterruptedException {
    Path folder = units.resolve(unit + ".d");
    if (Files.deleteIfExists(folder.resolve(NAME))) {
      try {
        Files.deleteIfExists(folder);
      } catch (java.nio.file.DirectoryNotEmptyException e) {
        // Others' drop-ins stay.
      }
      reload();
    }
  }

  private static void reload() throws IOException, InterruptedException {
    Processes.Outcome outcome = Processes.run(List.of("systemctl", "daemon-reload"), RELOAD_LIMIT);
    if (!outcome.isSuccess()) {
      throw new ServiceException(
          "systemctl daemon-reload failed: " + (outcome.err() + outcome.out()).strip());
    }
  }
}
