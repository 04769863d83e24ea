package dev.godwit.plan;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * A plan file as YAML 1.2 nodes that know their places. Nothing is constructed from tags. The file
 * may come from somebody else, so its size, depth and number of values are limited before anything
 * is built from it.
 */
final class PlanYaml {
  /** A plan of a thousand services is a tenth of it. */
  private static final int FILE_MAX_BYTES = 1 << 20;

  /** The plan itself needs 5; the composer recurses, so this also guards the stack. */
  private static final int DEPTH_MAX = 20;

  private static final LoadSettings SETTINGS =
      LoadSettings.builder()
          .setLabel("plan")
          .setSchema(new CoreSchema())
          // Told by Section, with both places, together with all other problems.
          .setAllowDuplicateKeys(true)
          .setAllowRecursiveKeys(false)
          .setMaxAliasesForCollections(50)
          .setCodePointLimit(FILE_MAX_BYTES)
          .build();

  private PlanYaml() {}

  /** The root node of the file. */
  static Node load(Path file) throws PlanException {
    String text = decode(file, bytes(file));
    try {
      checkDepth(file, text);
      Optional<Node> root = new Compose(SETTINGS).composeString(text);
      return root.orElseThrow(
          () -> whole(file, "the plan is empty; `godwit init` writes one to start from"));
    } catch (MarkedYamlEngineException e) {
      String problem =
          Stream.of(e.getContext(), e.getProblem())
              .filter(Objects::nonNull)
              .collect(Collectors.joining(", "));
      Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
      throw new PlanException(file, List.of(Problems.at(mark, "not YAML 1.2: " + problem)));
    } catch (YamlEngineException e) {
      throw whole(file, "not YAML 1.2: " + e.getMessage());
    }
  }

  private static void checkDepth(Path file, String text) throws PlanException {
    int depth = 0;
    for (Event event : new Parse(SETTINGS).parseString(text)) {
      if (event instanceof CollectionStartEvent) {
        depth++;
      } else if (event instanceof CollectionEndEvent) {
        depth--;
      }
      if (depth > DEPTH_MAX) {
        String message = "lists and mappings are nested more than " + DEPTH_MAX + " deep";
        throw new PlanException(file, List.of(Problems.at(event.getStartMark(), message)));
      }
    }
  }

  private static byte[] bytes(Path file) throws PlanException {
    if (Files.isDirectory(file)) {
      throw whole(file, "is a directory, expected a plan file such as move.yaml");
    }
    if (isLeftPipe(file)) {
      throw whole(file, "is a pipe or a device, expected a plan file such as move.yaml");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(FILE_MAX_BYTES + 1);
      if (bytes.length > FILE_MAX_BYTES) {
        throw whole(file, "is larger than 1 MiB, which no plan is");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      throw whole(file, "no such file; `godwit init` writes a plan to start from");
    } catch (AccessDeniedException e) {
      throw whole(file, "may not be read by this user");
    } catch (IOException e) {
      throw whole(file, "cannot be read: " + e.getMessage());
    }
  }

  /** Who opens one waits for as long as nobody writes; those of a process have a writer. */
  private static boolean isLeftPipe(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).isOther()
          && !file.toAbsolutePath().startsWith("/dev")
          && !file.toAbsolutePath().startsWith("/proc");
    } catch (IOException e) {
      return false; // which the opening says better
    }
  }

  /** UTF-8 only, and the first byte that is not is told with its place. */
  private static String decode(Path file, byte[] bytes) throws PlanException {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length + 1);
    CoderResult result = decoder.decode(in, out, true);
    String text = out.flip().toString();
    if (result.isError()) {
      int line = 1 + (int) text.chars().filter(c -> c == '\n').count();
      int lineStart = text.lastIndexOf('\n') + 1;
      int column = 1 + text.codePointCount(lineStart, text.length());
      String found = String.format(Locale.ROOT, "0x%02x", bytes[in.position()]);
      String message = "found the byte " + found + ", expected UTF-8 text";
      throw new PlanException(file, List.of(new PlanProblem(line, column, message)));
    }
    return text;
  }

  private static PlanException whole(Path file, String message) {
    return new PlanException(file, List.of(new PlanProblem(0, 0, message)));
  }
}
