package dev.godwit.forward.daemons;

import dev.godwit.forward.gate.Census;
import dev.godwit.forward.gate.GateStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The gates of a move on a host that did not end in order, in a file beside their state, a line
 * each: when it was noticed, who waited, who was relayed.
 */
final class Deaths {
  private static final String NAME = "gate.deaths";
  private static final int KEPT = 100;

  private Deaths() {}

  /** All that are known, with one that nobody has written down. Where no gate runs. */
  static List<GateStatus.Death> of(Path directory) throws IOException {
    List<GateStatus.Death> all = new ArrayList<>(read(directory));
    Census.left(directory).ifPresent(all::add);
    return all;
  }

  /** The same, and writes it down: for a gate that is about to begin. */
  static List<GateStatus.Death> record(Path directory) throws IOException {
    Optional<GateStatus.Death> last = Census.left(directory);
    List<GateStatus.Death> all = of(directory);
    if (last.isPresent()) {
      List<String> lines = new ArrayList<>();
      for (GateStatus.Death d : all.subList(Math.max(0, all.size() - KEPT), all.size())) {
        lines.add(d.seenMillis() + " " + d.waiting() + " " + d.relayed());
      }
      Path next = directory.resolve(NAME + ".next");
      Files.write(next, lines, StandardCharsets.US_ASCII);
      Files.move(next, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
      Census.forget(directory);
    }
    return all;
  }

  private static List<GateStatus.Death> read(Path directory) throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(directory.resolve(NAME), StandardCharsets.US_ASCII);
    } catch (NoSuchFileException e) {
      return List.of();
    }
    List<GateStatus.Death> all = new ArrayList<>();
    for (String line : lines) {
      String[] words = line.split(" ");
      try {
        all.add(
            new GateStatus.Death(
                Long.parseLong(words[0]), Integer.parseInt(words[1]), Integer.parseInt(words[2])));
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        throw new IOException(directory.resolve(NAME) + " cannot be understood: " + line, e);
      }
    }
    return all;
  }
}
