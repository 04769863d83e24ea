package dev.godwit.forward.daemons;

import dev.godwit.forward.Moves;
import dev.godwit.host.DurableFile;
import dev.godwit.host.Processes;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.host.ShellWord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What starts one of a move's processes again when its host has been rebooted (H57): the services
 * of the host that was left stay fenced, and what still comes to it goes on to where it went
 * before; the way back does not fall behind. A unit where systemd runs, a script with start links
 * where init does; neither does anything as long as there is no record of what the process is to go
 * on with.
 *
 * <p>{@code /etc/systemd/system/godwit-forward-MOVE.service}, enabled; or {@code
 * /etc/init.d/godwit-forward-MOVE} with {@code /etc/rc[2-5].d/S99godwit-forward-MOVE}; {@code
 * landing} in the place of {@code forward} for a landing, {@code follow} for the mirrors' process
 * on the host where the commands are typed.
 */
public final class BootEntry {
  private static final Duration COMMAND_LIMIT = Duration.ofSeconds(30);
  private static final List<String> LEVELS = List.of("rc2.d", "rc3.d", "rc4.d", "rc5.d");

  /** Which process it starts. */
  public enum Starts {
    /** A gate that has released, or was in a hold. */
    FORWARD("connections to this host go on to the one that the service has moved to"),

    /** The landing of such connections. */
    LANDING("connections to the host that the service has left come in here"),

    /** The mirrors' process, on the host where the commands are typed. Ends when that runs. */
    FOLLOW("the host that does not serve follows the other one");

    private final String description;

    Starts(String description) {
      this.description = description;
    }
  }

  /** Which of them a host got. */
  public enum Kind {
    UNIT,
    SCRIPT,
    /** Neither systemd nor folders of run levels: a reboot ends the forward. */
    NONE
  }

  private final Path root;
  private final Starts starts;
  private final String name;

  /**
   * An entry of a move.
   *
   * @param root of the host's file system
   * @param move its name, which was checked before it comes here
   */
  BootEntry(Path root, Starts starts, String move) {
    this.root = root;
    this.starts = starts;
    this.name = "godwit-" + starts.name().toLowerCase(Locale.ROOT) + "-" + move;
  }

  /**
   * Puts one up on this host; may be repeated.
   *
   * @param directory of a move's processes; what is not below {@link RuntimeDirectory#OF_ROOT}
   *     belongs to no host and gets none
   * @param command that runs the process
   * @param records the files of which one is there when something is to be started
   */
  public static void install(
      Starts starts, Path directory, List<String> command, List<Path> records)
      throws IOException, InterruptedException {
    if (RuntimeDirectory.OF_ROOT.equals(directory.getParent())) {
      Kind unused =
          new BootEntry(Path.of("/"), starts, directory.getFileName().toString())
              .install(command, records);
    }
  }

  /** Takes one down that {@link #install} has put up; does nothing when there is none. */
  public static void remove(Starts starts, Path directory)
      throws IOException, InterruptedException {
    if (RuntimeDirectory.OF_ROOT.equals(directory.getParent())) {
      new BootEntry(Path.of("/"), starts, directory.getFileName().toString()).remove();
    }
  }

  /** Takes those of a move on this host down; does nothing when there are none. */
  public static void remove(String move) throws IOException, InterruptedException {
    for (Starts starts : Starts.values()) {
      new BootEntry(Path.of("/"), starts, Moves.checked(move)).remove();
    }
  }

  /** As {@link #install(Starts, Path, List, List)}, and says what the host got. */
  Kind install(List<String> command, List<Path> records) throws IOException, InterruptedException {
    if (Files.isDirectory(root.resolve("run/systemd/system"))) {
      String unit = unit(command, records);
      boolean wasWanted = Files.exists(wanted());
      if (write(unit(), "rw-r--r--", unit) || !wasWanted) {
        link(wanted(), Path.of("..", name + ".service"));
        reload();
      }
      return Kind.UNIT;
    }
    if (Files.isDirectory(root.resolve("etc/init.d"))
        && Files.isDirectory(root.resolve("etc/rc2.d"))) {
      boolean unused = write(script(), "rwxr-xr-x", script(command, records));
      for (String level : LEVELS) {
        if (Files.isDirectory(root.resolve("etc").resolve(level))) {
          link(startLink(level), Path.of("../init.d", name));
        }
      }
      return Kind.SCRIPT;
    }
    return Kind.NONE;
  }

  /** Writes a file that says something else so far; returns whether it did. */
  private static boolean write(Path file, String mode, String text) throws IOException {
    if (Files.exists(file) && Files.readString(file).equals(text)) {
      return false;
    }
    DurableFile.write(
        file, PosixFilePermissions.fromString(mode), text.getBytes(StandardCharsets.UTF_8));
    return true;
  }

  /** Takes it down; does nothing when there is none. */
  void remove() throws IOException, InterruptedException {
    Files.deleteIfExists(wanted());
    if (Files.deleteIfExists(unit()) && Files.isDirectory(root.resolve("run/systemd/system"))) {
      reload();
    }
    for (String level : LEVELS) {
      Files.deleteIfExists(startLink(level));
    }
    Files.deleteIfExists(script());
    DurableFile.forget(unit());
    DurableFile.forget(script());
    Files.deleteIfExists(log());
  }

  private Path log() {
    return root.resolve("var/log/" + name + ".log");
  }

  private Path unit() {
    return root.resolve("etc/systemd/system/" + name + ".service");
  }

  private Path wanted() {
    return root.resolve("etc/systemd/system/multi-user.target.wants/" + name + ".service");
  }

  private Path script() {
    return root.resolve("etc/init.d/" + name);
  }

  private Path startLink(String level) {
    return root.resolve("etc").resolve(level).resolve("S99" + name);
  }

  private static void link(Path link, Path target) throws IOException {
    Path folder = link.getParent();
    if (folder == null) {
      throw new NoSuchFileException(link.toString());
    }
    Files.createDirectories(folder);
    try {
      Files.createSymbolicLink(link, target);
      DurableFile.sync(folder);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isSymbolicLink(link) || !Files.readSymbolicLink(link).equals(target)) {
        throw new IOException(link + " is not what Godwit has put there; remove it", e);
      }
    }
  }

  String unit(List<String> command, List<Path> records) {
    return """
        # Put here by godwit, removed by godwit finish.
        [Unit]
        Description=%s: %s
        Wants=network-online.target
        After=network-online.target
        %s
        # It is tried for as long as there is a record: an address may come late.
        StartLimitIntervalSec=0

        [Service]
        ExecStart=%s
        Restart=on-failure
        RestartSec=5
        # Java's answer to SIGTERM.
        SuccessExitStatus=143
        LimitNOFILE=1048576
        %s

        [Install]
        WantedBy=multi-user.target
        """
        .formatted(
            name,
            starts.description,
            // systemd.unit(5): of those with a bar one has to hold.
            records.stream()
                .map(record -> "ConditionPathExists=|" + record)
                .collect(Collectors.joining("\n")),
            command.stream().map(BootEntry::unitWord).collect(Collectors.joining(" ")),
            starts == Starts.FOLLOW ? "# What it has started stays.\nKillMode=process" : "");
  }

  /** systemd.service(5), "Command lines". */
  static String unitWord(String word) {
    return '"'
        + word.replace("\\", "\\\\").replace("\"", "\\\"").replace("%", "%%").replace("$", "$$")
        + '"';
  }

  private String script(List<String> command, List<Path> records) {
    return """
        #!/bin/sh
        # Put here by godwit, removed by godwit finish.
        ### BEGIN INIT INFO
        # Provides:          %1$s
        # Required-Start:    $network $remote_fs
        # Required-Stop:
        # Default-Start:     2 3 4 5
        # Default-Stop:
        # Short-Description: %5$s
        ### END INIT INFO
        [ "$1" = start ] || exit 0
        %2$s || exit 0
        setsid %3$s </dev/null >>%4$s 2>&1 &
        """
        .formatted(
            name,
            records.stream()
                .map(record -> "[ -e " + ShellWord.quoted(record.toString()) + " ]")
                .collect(Collectors.joining(" || ")),
            command.stream().map(ShellWord::quoted).collect(Collectors.joining(" ")),
            ShellWord.quoted(log().toString()),
            starts.description);
  }

  private static void reload() throws IOException, InterruptedException {
    Processes.Outcome outcome = Processes.run(List.of("systemctl", "daemon-reload"), COMMAND_LIMIT);
    if (!outcome.isSuccess()) {
      throw new IOException("systemctl daemon-reload failed: " + outcome.said());
    }
  }
}
