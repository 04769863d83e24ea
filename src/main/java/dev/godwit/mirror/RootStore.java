package dev.godwit.mirror;

import dev.godwit.host.DurableFile;
import dev.godwit.host.FileReason;
import dev.godwit.linux.CoarseClock;
import dev.godwit.linux.PathText;
import dev.godwit.sync.copy.KnownTarget;
import dev.godwit.sync.copy.RemovalWindow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * What is remembered of the roots of sources from one run to the next: a small file for each pair
 * of source and target, some lines of text and one for each mount below the root, each step of
 * removals that still count, and each audit that has not come to its end.
 */
public final class RootStore {
  private static final String FILLED = "filled";
  private static final String EMPTY = "empty";
  private static final int SEEN_LINE = 3;

  /** Of a target that was never equal; without it, as older versions wrote, it was. */
  private static final String FIRST = "first copy";

  private static final String MOUNT = "mount ";
  private static final String TARGET = "target ";
  private static final String REMOVED = "removed ";
  private static final String CLOCKS = "clocks ";
  private static final String WITNESS = "changed ";
  private static final String AUDIT = "audit ";
  private static final String CHOICE = "choice ";
  private static final String OTHERS = "others ";
  private static final String NO_IDENTITY = "-";
  private static final String NOWHERE = "-";

  /** A power cut, or a disk, has left a file without what was in it (H31). */
  static final class LostException extends IOException {
    private static final long serialVersionUID = 1;

    LostException(Path file) {
      super("what was remembered of the source is lost: " + file + " is empty");
    }
  }

  private final Path directory;

  /**
   * @param directory made when it is needed
   */
  public RootStore(Path directory) {
    this.directory = directory;
  }

  /** That of this user: where the service manager says, or where programs keep such things. */
  public static RootStore ofUser() {
    String given = System.getenv("STATE_DIRECTORY");
    if (given != null && given.startsWith("/")) {
      return new RootStore(Path.of(given.split(":", 2)[0], "mirror"));
    }
    if ("root".equals(System.getProperty("user.name"))) {
      return new RootStore(Path.of("/var/lib/godwit/mirror"));
    }
    String state = System.getenv("XDG_STATE_HOME");
    Path base =
        state != null && state.startsWith("/")
            ? Path.of(state)
            : Path.of(System.getProperty("user.home"), ".local", "state");
    return new RootStore(base.resolve("godwit").resolve("mirror"));
  }

  /**
   * What is known; {@link RootMemory#NONE} for nothing.
   *
   * @throws LostException when something was, and it is not there any more
   * @throws IOException for people, when it cannot be read or is something else
   */
  public RootMemory read(RootKey key) throws IOException {
    Path file = directory.resolve(key.fileName());
    try {
      List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
      if (lines.stream().allMatch(line -> line.chars().allMatch(c -> c == 0))) {
        throw new LostException(file);
      }
      if (lines.size() < 2 || !(lines.get(1).equals(FILLED) || lines.get(1).equals(EMPTY))) {
        throw new IOException(
            file + " is not what Godwit has written; look at the source, then remove that file");
      }
      List<KnownMount> mounts = new ArrayList<>();
      List<AuditState> audits = new ArrayList<>();
      List<Witness> witnesses = new ArrayList<>();
      Instant seen = null;
      Instant othersSeen = null;
      String choice = "";
      boolean wasLive = true;
      KnownTarget target = KnownTarget.NONE;
      List<RemovalWindow.Step> removed = new ArrayList<>();
      Instant now = Instant.now();
      for (String line : lines.subList(Math.min(SEEN_LINE, lines.size()), lines.size())) {
        if (line.startsWith(MOUNT)) {
          mounts.add(mount(line.split(" ", -1)));
        } else if (line.startsWith(WITNESS)) {
          witnesses.add(witness(line.split(" ", -1)));
        } else if (line.startsWith(TARGET)) {
          target = target(line.split(" ", -1));
        } else if (line.startsWith(CLOCKS)) {
          now = now(line.split(" ", -1), now);
        } else if (line.startsWith(REMOVED)) {
          RemovalWindow.Step step = removed(line.split(" ", -1), now);
          if (step.age().compareTo(RemovalWindow.LENGTH) <= 0) {
            removed.add(step);
          }
        } else if (line.startsWith(AUDIT)) {
          audits.add(audit(line.split(" ", -1)));
        } else if (line.startsWith(CHOICE)) {
          choice = line.substring(CHOICE.length());
        } else if (line.startsWith(OTHERS)) {
          othersSeen = Instant.parse(line.substring(OTHERS.length()));
        } else if (line.equals(FIRST)) {
          wasLive = false;
        } else {
          seen = Instant.parse(line);
        }
      }
      return new RootMemory(
          lines.get(0),
          lines.get(1).equals(FILLED),
          wasLive,
          seen,
          mounts,
          target.with(removed),
          witnesses,
          choice,
          othersSeen,
          audits);
    } catch (DateTimeParseException | IllegalArgumentException e) {
      throw new IOException(
          file + " is not what Godwit has written; look at the source, then remove that file", e);
    } catch (NoSuchFileException e) {
      return RootMemory.NONE;
    } catch (FileSystemException e) {
      throw new IOException(
          "unable to read which directories were mirrored before: "
              + file
              + ": "
              + reason(e)
              + ". Give it to this user, or look at the source and remove that file",
          e);
    }
  }

  private static Witness witness(String[] words) {
    if (words.length != 4) {
      throw new IllegalArgumentException("a witness needs an inode, a time and a path");
    }
    return new Witness(
        PathText.of(HexFormat.of().parseHex(words[3])),
        Long.parseLong(words[1]),
        Long.parseLong(words[2]));
  }

  private static String line(Witness witness) {
    return WITNESS
        + witness.inode()
        + " "
        + witness.changedNanos()
        + " "
        + HexFormat.of().formatHex(PathText.bytes(witness.path()))
        + "\n";
  }

  private static KnownTarget target(String[] words) {
    if (words.length != 3) {
      throw new IllegalArgumentException("a target needs an identity and a time");
    }
    return new KnownTarget(words[1], Long.parseLong(words[2]));
  }

  /** What is written before removals, and when that was, by both clocks. */
  private static String clocks(Instant now) throws IOException {
    return CLOCKS + CoarseClock.bootId() + " " + CoarseClock.sinceBootNanos() + " " + now + "\n";
  }

  /**
   * The time by the clock on the wall as it was set when it was written, unless the host has been
   * booted since: in between it may have been set to any other.
   */
  private static Instant now(String[] words, Instant now) throws IOException {
    if (words.length != 4) {
      throw new IllegalArgumentException("the clocks are a boot, a number and a time");
    }
    long since = CoarseClock.sinceBootNanos() - Long.parseLong(words[2]);
    return words[1].equals(CoarseClock.bootId()) ? Instant.parse(words[3]).plusNanos(since) : now;
  }

  /** By the clock on the wall, which may have been set back: then it was just now. */
  private static RemovalWindow.Step removed(String[] words, Instant now) {
    if (words.length != 3) {
      throw new IllegalArgumentException("a removal needs a time and a number");
    }
    Duration age = Duration.between(Instant.parse(words[1]), now);
    long names = Long.parseLong(words[2]);
    if (names < 1 || names > RemovalWindow.NAMES_MAX) {
      throw new IllegalArgumentException("a number of names that nothing has");
    }
    return new RemovalWindow.Step(age.isNegative() ? Duration.ZERO : age, names);
  }

  private static String line(RemovalWindow.Step step, Instant now) {
    return REMOVED + now.minus(step.age()) + " " + step.names() + "\n";
  }

  private static KnownMount mount(String[] words) {
    if (words.length != 3) {
      throw new IllegalArgumentException("a mount needs an identity and a path");
    }
    return new KnownMount(
        PathText.of(HexFormat.of().parseHex(words[2])),
        words[1].equals(NO_IDENTITY) ? "" : words[1]);
  }

  private static String line(KnownMount mount) {
    return MOUNT
        + (mount.identity().isEmpty() ? NO_IDENTITY : mount.identity())
        + " "
        + HexFormat.of().formatHex(PathText.bytes(mount.path()))
        + "\n";
  }

  private static AuditState audit(String[] words) {
    if (words.length != 12) {
      throw new IllegalArgumentException("an audit needs eleven values");
    }
    double share = Double.parseDouble(words[3]);
    List<String> again = texts(words[10]);
    List<String> first = texts(words[11]);
    if (!(share > 0 && share <= 1)
        || again.size() > AuditPlace.AGAIN_MAX
        || first.size() > Drift.FIRST_MAX) {
      throw new IllegalArgumentException("values that no audit has");
    }
    return new AuditState(
        Boolean.parseBoolean(words[1]),
        Boolean.parseBoolean(words[2]),
        share,
        Instant.parse(words[4]),
        Instant.parse(words[5]),
        Integer.parseInt(words[6]),
        new AuditPlace(words[7].equals(NOWHERE) ? null : text(words[7]), again),
        new Drift(Long.parseLong(words[8]), Long.parseLong(words[9]), first));
  }

  private static String line(AuditState audit) {
    String upTo = audit.place().upTo();
    List<String> words =
        List.of(
            "" + audit.isAsked(),
            "" + audit.content(),
            "" + audit.share(),
            "" + audit.began(),
            "" + audit.seen(),
            "" + audit.parts(),
            upTo == null ? NOWHERE : hex(upTo),
            "" + audit.drift().changed(),
            "" + audit.drift().drifted(),
            hexes(audit.place().again()),
            hexes(audit.drift().first()));
    return AUDIT + String.join(" ", words) + "\n";
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String hexes(List<String> texts) {
    return String.join(",", texts.stream().map(RootStore::hex).toList());
  }

  private static String text(String hex) {
    return new String(HexFormat.of().parseHex(hex), StandardCharsets.UTF_8);
  }

  private static List<String> texts(String all) {
    return all.isEmpty() ? List.of() : Arrays.stream(all.split(",")).map(RootStore::text).toList();
  }

  /**
   * Returns when it is on disk.
   *
   * @throws IOException for people
   */
  void write(RootKey key, RootMemory memory) throws IOException {
    Instant now = Instant.now();
    String text =
        memory.identity()
            + "\n"
            + (memory.wasFilled() ? FILLED : EMPTY)
            + "\n"
            + key.words()
            + "\n"
            + (memory.wasLive() ? "" : FIRST + "\n")
            + (memory.seenUntil() == null ? "" : memory.seenUntil() + "\n")
            + (memory.choice().isEmpty() ? "" : CHOICE + memory.choice() + "\n")
            + (memory.othersSeenUntil() == null ? "" : OTHERS + memory.othersSeenUntil() + "\n")
            + (memory.target().identity().isEmpty()
                ? ""
                : TARGET + memory.target().identity() + " " + memory.target().durable() + "\n")
            + (memory.target().removed().isEmpty() ? "" : clocks(now))
            + String.join(
                "", memory.target().removed().stream().map(step -> line(step, now)).toList())
            + String.join("", memory.mounts().stream().map(RootStore::line).toList())
            + String.join("", memory.witnesses().stream().map(RootStore::line).toList())
            + String.join("", memory.audits().stream().map(RootStore::line).toList());
    try {
      DurableFile.write(directory.resolve(key.fileName()), text.getBytes(StandardCharsets.UTF_8));
    } catch (FileSystemException e) {
      throw new IOException(
          e.getFile()
              + ": "
              + reason(e)
              + ". After a restart another directory in the place of one of them is not noticed;"
              + " STATE_DIRECTORY names another folder than "
              + directory,
          e);
    }
  }

  private static String reason(FileSystemException e) {
    return e instanceof NoSuchFileException
        ? "there is no such folder, and it cannot be made"
        : FileReason.of(e);
  }

  /** Forgets all that was written. */
  public void clear() throws IOException {
    if (Files.notExists(directory)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.root*")) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
