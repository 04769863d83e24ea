package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.rules.Rules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Another user tries to read what is being written, under whatever name that is. */
@Tag("lab")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class UnreadableUntilWholeTest {
  private static final int NOBODY = 65534;
  private static final byte[] CONTENT = new byte[20 << 20];
  private static final Set<PosixFilePermission> OWNER =
      PosixFilePermissions.fromString("rwx------");

  static {
    Arrays.fill(CONTENT, (byte) 'x'); // so that what is only preallocated is not whole
  }

  @TempDir Path folder;

  static Stream<Arguments> manners() {
    Map<String, Consumer<Rules.Builder>> manners = new TreeMap<>();
    manners.put("usual", rules -> {});
    manners.put("hard links, so that no directory waits for its name", r -> r.hardLinks = true);
    manners.put("temporary directory", rules -> rules.temporaryDirectory = Names.of("../tmp"));
    manners.put("partial directory", rules -> rules.partialDirectory = Names.of(".part"));
    manners.put("in place", rules -> rules.inPlace = true);
    manners.put("preallocated", rules -> rules.preallocate = true);
    return manners.entrySet().stream()
        .flatMap(
            one ->
                Stream.of(TestingRun.Way.LOCAL, TestingRun.Way.FAR_TARGET)
                    .map(way -> Arguments.of(one.getKey(), one.getValue(), way)));
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("manners")
  void h14_what_is_being_written_can_be_read_by_nobody_else(
      String name, Consumer<Rules.Builder> manner, TestingRun.Way way) throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (String open : List.of("source/new", "target", "tmp")) {
      Files.createDirectories(folder.resolve(open));
    }
    TestingTrees.run(folder, "chmod", "-R", "755", "source", "target", "tmp");
    List<Path> files = List.of(Path.of("file"), Path.of("new/linked"));
    for (Path file : files) {
      // What is there in the end may be read by all: it must not be before that.
      Path source = Files.write(folder.resolve("source").resolve(file), CONTENT);
      Files.setPosixFilePermissions(source, PosixFilePermissions.fromString("rw-r--r--"));
    }
    Files.createLink(folder.resolve("source/linked"), folder.resolve("source/new/linked"));
    List<String> seen = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    TestingRun run =
        TestingRun.of(
            way,
            TestingRun.request(
                TestingRun.rules(
                    rules -> {
                      rules.deleteMax = 1000; // one thread: what has no name yet is being written
                      rules.wholeFile = true;
                      rules.bandwidth = CONTENT.length;
                      manner.accept(rules);
                    }),
                folder.resolve("target").toString(),
                folder + "/source/"),
            () -> look(seen, wrong));
    assertThat(run.failures).isEmpty();
    assertThat(wrong).isEmpty();
    assertThat(seen).as("what was seen while it was written").isNotEmpty();
    for (Path file : files) {
      assertThat(canRead(folder.resolve("target").resolve(file))).isTrue();
    }
  }

  /** Looks while the copy goes on: what becomes whole meanwhile may be read as soon as it is. */
  private void look(List<String> seen, List<String> wrong) {
    try {
      for (Path path : files("target", "tmp")) {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
        // A new directory is closed until all in it is whole, so that its files need not be.
        boolean isOpen = !isClosed(path) && !isClosed(Objects.requireNonNull(path.getParent()));
        boolean isRead = canRead(path);
        if (!isWhole(path)) {
          seen.add(path.toString());
          if (isOpen || isRead) {
            wrong.add(path + " " + permissions + (isRead ? " was read" : ""));
          }
        }
      }
    } catch (NoSuchFileException e) {
      // It has got its name: the next look finds it there.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<Path> files(String... directories) throws IOException {
    List<Path> files = new ArrayList<>();
    for (String directory : directories) {
      try (Stream<Path> below = Files.walk(folder.resolve(directory))) {
        below.filter(Files::isRegularFile).forEach(files::add);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }
    return files;
  }

  /** Whether a file or directory is its owner's alone. */
  private static boolean isClosed(Path path) throws IOException {
    return OWNER.containsAll(Files.getPosixFilePermissions(path));
  }

  private static boolean isWhole(Path path) throws IOException {
    return Arrays.equals(Files.readAllBytes(path), CONTENT);
  }

  private static boolean canRead(Path path) throws IOException {
    try {
      return new ProcessBuilder(
                  "setpriv",
                  "--reuid=" + NOBODY,
                  "--regid=" + NOBODY,
                  "--clear-groups",
                  "cat",
                  path.toString())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
