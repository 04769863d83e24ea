package dev.godwit.mirror;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** A process of its own that changes a tree at random (changes.py), and says what it did. */
final class TestingWriter implements AutoCloseable {
  private static final int SHOWN_LINES = 400;
  private static final Duration END_LIMIT = Duration.ofSeconds(20);

  private final Process process;
  private final BufferedReader said;
  private final OutputStream orders;
  private final Path log;

  /**
   * @param folder for the script and for what it says
   */
  TestingWriter(Path folder, Path root, long seed) throws IOException {
    this(folder, root, seed, false, false);
  }

  /**
   * The same.
   *
   * @param anyLinks whether a name that a file has got may go again at once
   * @param nests whether directories move into one that takes their name, too, and back
   */
  TestingWriter(Path folder, Path root, long seed, boolean anyLinks, boolean nests)
      throws IOException {
    Path script = folder.resolve("changes.py");
    try (InputStream resource = TestingWriter.class.getResourceAsStream("changes.py")) {
      Files.write(script, Objects.requireNonNull(resource).readAllBytes());
    }
    log = folder.resolve("changes.log");
    process =
        new ProcessBuilder(
                "python3",
                script.toString(),
                root.toString(),
                Long.toString(seed),
                anyLinks ? "any-links" : "",
                nests ? "nests" : "")
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    said = process.inputReader();
    orders = process.getOutputStream();
  }

  /** Begins to make so many changes. */
  void begin(int changes) {
    order(Integer.toString(changes));
  }

  private void order(String order) {
    try {
      orders.write((order + "\n").getBytes(StandardCharsets.US_ASCII));
      orders.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(log(), e);
    }
  }

  /** Waits for the changes that were begun. */
  void await() throws IOException {
    var unused = answer();
  }

  /** What it says after the word "done". */
  private List<String> answer() throws IOException {
    String line = said.readLine();
    if (line == null || !line.startsWith("done")) {
      throw new AssertionError("the changes did not come to their end:\n" + log());
    }
    List<String> words = List.of(line.split(" ", -1));
    return words.subList(1, words.size());
  }

  void change(int changes) throws IOException {
    begin(changes);
    await();
  }

  /**
   * Mounts something over a directory of the tree, then makes changes and mounts more in between.
   *
   * @return the places, relative to the root, the first one first; none when there was no directory
   */
  List<String> changeOver(int changes) throws IOException {
    order("over " + changes);
    return answer();
  }

  /** Unmounts all of that. */
  void bare() throws IOException {
    order("bare");
    await();
  }

  /** The last changes. */
  String log() {
    try {
      List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
      int from = Math.max(0, lines.size() - SHOWN_LINES);
      return String.join("\n", lines.subList(from, lines.size()));
    } catch (IOException e) {
      return "no log: " + e.getMessage();
    }
  }

  /** Lets it come to its end, so that nothing stays mounted. */
  @Override
  public void close() throws IOException {
    orders.close();
    try {
      if (!process.waitFor(END_LIMIT)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    said.close();
  }
}
