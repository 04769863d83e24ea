package dev.godwit.service;

import dev.godwit.host.PartsKey;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.linux.ProcessTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which services were told to stop and have not been seen to: such a one may say that it runs, and
 * yet have closed its ports and be about to end (nginx does so for as long as one client says
 * nothing). Noted on disk, for whoever starts it may be another process than the one that was
 * stopping it; a reboot forgets it, as it ends the services.
 */
final class BegunStops {
  private static final Pattern LINE = Pattern.compile("([0-9]{1,9}) ([0-9]{1,18})");

  private final @Nullable Path folder;

  /**
   * Those of a host.
   *
   * @param folder null for the one of this host
   */
  BegunStops(@Nullable Path folder) {
    this.folder = folder;
  }

  /**
   * Its stop begins now.
   *
   * @param processes all of it
   */
  void begin(Service service, Set<ProcessTable.Entry> processes) throws IOException {
    Files.writeString(
        file(service),
        processes.stream()
            .map(entry -> entry.pid() + " " + entry.started() + "\n")
            .collect(Collectors.joining()),
        StandardCharsets.US_ASCII);
  }

  /** It has stopped, or runs and is to. */
  void end(Service service) throws IOException {
    boolean unused = Files.deleteIfExists(file(service));
  }

  /** The processes that it had when its stop began; empty when none is under way. */
  Optional<Set<ProcessTable.Entry>> of(Service service) throws IOException {
    String text;
    try {
      text = Files.readString(file(service), StandardCharsets.US_ASCII);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    Set<ProcessTable.Entry> processes = new HashSet<>();
    Matcher line = LINE.matcher(text);
    while (line.find()) {
      processes.add(
          new ProcessTable.Entry(Integer.parseInt(line.group(1)), Long.parseLong(line.group(2))));
    }
    return Optional.of(processes);
  }

  /** Two moves may call one service by different names: what stops it says which it is. */
  private Path file(Service service) throws IOException {
    return (folder == null ? RuntimeDirectory.stops() : folder)
        .resolve(PartsKey.ofWords(service.control().stop()));
  }
}
