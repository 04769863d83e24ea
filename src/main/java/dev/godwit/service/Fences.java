package dev.godwit.service;

import dev.godwit.host.DurableFile;
import dev.godwit.host.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps services from being started, also after a reboot (H57), by what the host itself reads:
 *
 * <ul>
 *   <li>a unit of systemd gets a drop-in with a condition: a file below /run, which is there only
 *       while the fence is {@link #open}. Unlike a mask it can be put on a unit of the
 *       administrator's own, below /etc/systemd/system, and can be told from what the administrator
 *       did (systemd.unit(5), "ConditionPathExists", and "drop-in"). Drop-ins are read in the order
 *       of their names, and an empty {@code ConditionPathExists=} forgets all conditions before it:
 *       so this one's name comes late;
 *   <li>a script of System V init loses its start links: {@code /etc/rc2.d/S20dovecot} becomes
 *       {@code /etc/rc2.d/godwit-fence.S20dovecot}, which nothing runs (init reads names that begin
 *       with S and K). Where systemd runs such scripts, the unit that it makes of it is fenced too;
 *   <li>a service of commands is fenced by a command of the plan, or not at all.
 * </ul>
 *
 * <p>Putting one up and lifting it may be repeated. What is on disk can be read back; of what a
 * command of the plan has done another one of the plan tells, or it counts as done.
 */
public final class Fences {
  private static final Duration COMMAND_LIMIT = Duration.ofSeconds(30);
  private static final String NAME = "zz-godwit-fence.conf";

  /** The same when it is being lifted; systemd reads no other names than {@code *.conf}. */
  private static final String LIFTED = "zz-godwit-fence.lifted";

  /** What an open fence has a file in, for its unit; empty after a reboot. */
  private static final String OPENED = "run/godwit-fences";

  private static final String LINK_PREFIX = "godwit-fence.";

  private final Path root;

  /**
   * The fences of a host.
   *
   * @param root of its file system
   */
  public Fences(Path root) {
    this.root = root;
  }

  /**
   * Fences them all, with one reload of systemd's configuration.
   *
   * @throws IOException with all that failed, also when a command of the plan says that a fence is
   *     not up though it was just put up; the others are fenced all the same
   */
  void put(List<Service> services) throws IOException, InterruptedException {
    boolean changed = false;
    List<IOException> failures = new ArrayList<>();
    for (Service service : services) {
      try {
        String unit = unit(service.control());
        if (unit != null) {
          writeDropIn(unit);
          close(unit);
          changed = true;
        }
        if (service.control().initScript().isPresent()) {
          hideLinks(service.control().initScript().get());
        }
        if (service.control() instanceof Control.Commands commands && !commands.fence().isEmpty()) {
          fence(service, commands);
        }
      } catch (IOException e) {
        failures.add(e);
      }
    }
    if (changed) {
      try {
        reload();
      } catch (IOException e) {
        failures.add(e);
      }
    }
    throwAll(failures);
  }

  private static void fence(Service service, Control.Commands commands)
      throws IOException, InterruptedException {
    command(service.name() + ": it cannot be fenced", commands.fence());
    if (!isUpByCommand(service)) {
      throw new ServiceException(
          "%s: it cannot be fenced: `%s` ended with 0, and then `%s` says that the fence is not up"
              .formatted(
                  service.name(),
                  String.join(" ", commands.fence()),
                  String.join(" ", commands.fenced())));
    }
  }

  /** As the command of the plan says; one without such a command counts as up. */
  private static boolean isUpByCommand(Service service) throws IOException, InterruptedException {
    if (!(service.control() instanceof Control.Commands commands) || commands.fenced().isEmpty()) {
      return true;
    }
    Processes.Outcome outcome = Processes.run(commands.fenced(), ServiceManager.STATE_LIMIT);
    if (outcome.timedOut()) {
      throw ServiceException.of(
          service.name() + ": whether its fence is up cannot be told",
          commands.fenced(),
          outcome,
          ServiceManager.STATE_LIMIT);
    }
    return outcome.exit() == 0;
  }

  private static void throwAll(List<IOException> failures) throws ServiceException {
    if (!failures.isEmpty()) {
      throw new ServiceException(
          String.join("; ", failures.stream().map(e -> String.valueOf(e.getMessage())).toList()),
          failures.getFirst());
    }
  }

  /** Those whose fence has been removed or spoiled since it was put up, or never was. */
  List<Service> missing(List<Service> services) throws IOException, InterruptedException {
    List<Service> missing = new ArrayList<>();
    for (Service service : services) {
      String unit = unit(service.control());
      Optional<String> script = service.control().initScript();
      if ((unit != null && !isUp(unit))
          || (script.isPresent() && !links(script.get(), "S").isEmpty())
          || !isUpByCommand(service)) {
        missing.add(service);
      }
    }
    return missing;
  }

  private boolean isUp(String unit) throws IOException {
    try {
      return Files.readAllLines(dropIns(unit).resolve(NAME), StandardCharsets.ISO_8859_1)
              .contains(condition(unit))
          && !Files.exists(opened(unit));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /**
   * Lets them be started until the host is rebooted, or their fence is lifted or put up again. Does
   * nothing for services without a fence of ours; one that is {@linkplain #isByCommand by command}
   * is lifted, and to be put up again when they run.
   */
  void open(List<Service> services) throws IOException, InterruptedException {
    for (Service service : services) {
      String unit = unit(service.control());
      if (unit != null && isUp(unit)) {
        Files.createDirectories(opened(unit).getParent());
        Files.write(opened(unit), new byte[0]);
      }
      unfence(service);
    }
  }

  /** Whether commands of the plan fence it, of which none opens a fence until a reboot. */
  static boolean isByCommand(Service service) {
    return service.control() instanceof Control.Commands commands
        && !commands.fence().isEmpty()
        && !commands.unfence().isEmpty();
  }

  /**
   * Does nothing for services without a fence of ours.
   *
   * @throws IOException with all that failed; the fences of the others are lifted all the same
   */
  void lift(List<Service> services) throws IOException, InterruptedException {
    List<String> lifted = new ArrayList<>();
    List<IOException> failures = new ArrayList<>();
    for (Service service : services) {
      try {
        String unit = unit(service.control());
        if (unit != null && renameDropIn(unit)) {
          lifted.add(unit);
        }
        lift(service);
      } catch (IOException e) {
        failures.add(e);
      }
    }
    try {
      if (!lifted.isEmpty()) {
        reload();
      }
      for (String unit : lifted) {
        forgetDropIn(unit);
      }
    } catch (IOException e) {
      failures.add(e);
    }
    throwAll(failures);
  }

  private void lift(Service service) throws IOException, InterruptedException {
    if (service.control().initScript().isPresent()) {
      showLinks(service.control().initScript().get());
    }
    unfence(service);
  }

  private static void unfence(Service service) throws IOException, InterruptedException {
    if (service.control() instanceof Control.Commands commands && !commands.unfence().isEmpty()) {
      command(service.name() + ": its fence cannot be lifted", commands.unfence());
    }
  }

  private Path opened(String unit) {
    return root.resolve(OPENED).resolve(unit.replaceAll("[^A-Za-z0-9._@:-]", "_"));
  }

  private String condition(String unit) {
    return "ConditionPathExists=/%s/%s".formatted(OPENED, opened(unit).getFileName());
  }

  private void close(String unit) throws IOException {
    Files.deleteIfExists(opened(unit));
    try {
      Files.deleteIfExists(opened(unit).getParent());
    } catch (DirectoryNotEmptyException e) {
      // Others are open.
    }
  }

  /** The unit that starts it, when systemd does; null otherwise. */
  private @Nullable String unit(Control control) {
    return control instanceof Control.Unit || Files.isDirectory(root.resolve("run/systemd/system"))
        ? control.unitName().orElse(null)
        : null;
  }

  private Path dropIns(String unit) {
    return root.resolve("etc/systemd/system").resolve(unit + ".d");
  }

  private void writeDropIn(String unit) throws IOException {
    DurableFile.write(
        dropIns(unit).resolve(NAME),
        PosixFilePermissions.fromString("rw-r--r--"),
        """
        # The service has moved to another host. Put here by godwit cutover; to start it here again:
        # remove this file, systemctl daemon-reload. Until the move is finished its background process
        # puts it here again: to serve here again, godwit rollback.
        [Unit]
        %s
        """
            .formatted(condition(unit))
            .getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Until systemd knows that it is gone something is left of it, so that a lift which was cut off
   * there can be repeated.
   *
   * @return whether there was one
   */
  private boolean renameDropIn(String unit) throws IOException {
    Path lifted = dropIns(unit).resolve(LIFTED);
    try {
      Files.move(dropIns(unit).resolve(NAME), lifted, StandardCopyOption.REPLACE_EXISTING);
      return true;
    } catch (NoSuchFileException e) {
      return Files.exists(lifted);
    }
  }

  private void forgetDropIn(String unit) throws IOException {
    Path folder = dropIns(unit);
    close(unit);
    Files.deleteIfExists(folder.resolve(LIFTED));
    DurableFile.forget(folder.resolve(NAME));
    try {
      Files.deleteIfExists(folder);
    } catch (DirectoryNotEmptyException e) {
      // Others' drop-ins stay.
    }
  }

  private void hideLinks(String script) throws IOException {
    for (Path link : links(script, "S")) {
      DurableFile.rename(link, link.resolveSibling(LINK_PREFIX + link.getFileName()));
    }
  }

  private void showLinks(String script) throws IOException {
    for (Path link : links(script, LINK_PREFIX + "S")) {
      String name = link.getFileName().toString().substring(LINK_PREFIX.length());
      Files.move(link, link.resolveSibling(name), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** The links to a script in the folders of the run levels, whose names begin like this. */
  private List<Path> links(String script, String prefix) throws IOException {
    List<Path> found = new ArrayList<>();
    for (String folders : List.of("etc", "etc/rc.d")) {
      Path above = root.resolve(folders);
      if (!Files.isDirectory(above)) {
        continue;
      }
      try (DirectoryStream<Path> levels = Files.newDirectoryStream(above, "rc?.d")) {
        for (Path level : levels) {
          try (DirectoryStream<Path> links = Files.newDirectoryStream(level, prefix + "*")) {
            for (Path link : links) {
              if (Files.isSymbolicLink(link)
                  && Files.readSymbolicLink(link).getFileName().toString().equals(script)) {
                found.add(link);
              }
            }
          }
        }
      }
    }
    return found;
  }

  private static void reload() throws IOException, InterruptedException {
    command("systemd cannot be told of the fences", List.of("systemctl", "daemon-reload"));
  }

  private static void command(String what, List<String> argv)
      throws IOException, InterruptedException {
    Processes.Outcome outcome = Processes.run(argv, COMMAND_LIMIT);
    if (!outcome.isSuccess()) {
      throw ServiceException.of(what, argv, outcome, COMMAND_LIMIT);
    }
  }
}
