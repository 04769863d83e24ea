package dev.godwit.mirror;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.mirror.rules.MirrorRules.LsyncdStatus;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The status file that lsyncd 2.2 writes, for those who read it: exchanged as a whole, so that
 * nobody reads a part. For one thread.
 */
final class StatusFile {
  /** As ctime(3) has it. */
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss uuuu", Locale.ROOT);

  private static final Pattern EVENT = Pattern.compile("on[A-Z][a-z]+ .*");

  private final Consumer<String> log;
  private long last;
  private boolean wasWritten;
  private boolean wasTold;

  StatusFile(Consumer<String> log) {
    this.log = log;
  }

  /** Writes it when it is due. */
  void write(@Nullable LsyncdStatus wanted, List<PairStatus> pairs) {
    if (wanted == null || wasWritten && System.nanoTime() - last < wanted.every().toNanos()) {
      return;
    }
    wasWritten = true;
    last = System.nanoTime();
    Path file = wanted.file();
    try {
      replace(file, Names.of(text(pairs, wanted.filters(), ZonedDateTime.now())));
      wasTold = false;
    } catch (LinuxException e) {
      if (!wasTold) {
        wasTold = true;
        log.accept("unable to write the status file " + file + ": " + e.reason());
      }
    }
  }

  /** By a name that nobody else can have waiting there (H3). */
  private static void replace(Path file, byte[] text) throws LinuxException {
    Path folder = file.toAbsolutePath().getParent();
    byte[] name = Names.of(String.valueOf(file.getFileName()));
    byte[] temporary = new TemporaryNames().next();
    try (DirectoryHandle in =
        OperatorPaths.openDirectory(Names.of(folder == null ? "/" : folder.toString()))) {
      try (FileHandle made = in.createFile(temporary, 0644)) {
        made.write(text, 0, text.length);
        in.rename(temporary, name);
      } catch (LinuxException e) {
        if (in.status(temporary) != null) {
          in.remove(temporary);
        }
        throw e;
      }
    }
  }

  /**
   * A line for what waits.
   *
   * @param name that changed, or what a command is run for and the name
   */
  private static String waits(String name) {
    return EVENT.matcher(name).matches()
        ? "wait   " + name.substring(2).replaceFirst(" ", " /") + "\n"
        : "wait   Modify /" + name + "\n";
  }

  /** As lsyncd has it, however it is written in the configuration. */
  private static String source(PairStatus pair) {
    return (pair.from() + "/").replace("/./", "/");
  }

  static String text(List<PairStatus> pairs, Map<String, List<String>> filters, ZonedDateTime now) {
    StringBuilder text = new StringBuilder();
    text.append("Lsyncd status report at ").append(DATE.format(now)).append("\n\n");
    for (PairStatus pair : pairs) {
      MirrorStatus mirror = pair.mirror();
      text.append(pair.name()).append(" source=").append(source(pair)).append("\n");
      // As lsyncd has it until the first copy is whole, and while a host does not answer: who
      // counts delays is not told of none.
      if (!pair.isKnown()) {
        text.append("There are 1 delays\nwait   Init \n");
      } else if (mirror.state() == MirrorState.COPYING) {
        long delays = Math.max(mirror.dirty(), 1 + mirror.waiting().size());
        text.append("There are ").append(delays).append(" delays\nactive Init \n");
      } else {
        text.append("There are ").append(mirror.dirty()).append(" delays\n");
      }
      if (pair.isKnown()) {
        mirror.waiting().forEach(name -> text.append(waits(name)));
      }
      List<String> rules = filters.getOrDefault(pair.name(), List.of());
      text.append("Filtering:\n")
          .append(rules.isEmpty() ? "  nothing." : String.join("\n", rules))
          .append("\n\n\n");
    }
    // lsyncd has a watch for each directory; each of those that follow is one at least.
    long watched = pairs.stream().mapToLong(p -> Math.max(1, p.mirror().directories())).sum();
    text.append("Inotify watching ").append(watched).append(" directories\n");
    int number = 1;
    for (PairStatus pair : pairs) {
      text.append("  ").append(number++).append(": ").append(source(pair)).append("\n");
    }
    return text.toString();
  }
}
