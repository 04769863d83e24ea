package dev.godwit.mirror.actions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a look says has happened, and that it leads from the one tree to the other. */
final class ComparisonTest {
  private static final String[] NAMES = {"a", "b", "c", "-rf", " ", "$(x)", "d;e"};

  @TempDir private Path folder;
  private WatchedTree tree;
  private Known known;

  @BeforeEach
  void open() throws IOException {
    tree = new WatchedTree(Names.of(folder.toString()), List.of());
    known = Known.root(tree.root());
  }

  @AfterEach
  void close() {
    tree.close();
  }

  private static Dirty dirty(String path, boolean isTree) {
    return new Dirty(path, isTree, true, 0, 0, 0);
  }

  private List<FileEvent> look(String... paths) {
    return look(Stream.of(paths).map(path -> dirty(path, false)).toList(), true);
  }

  private List<FileEvent> look(List<Dirty> names, boolean tellsMoves) {
    Comparison comparison = new Comparison(known, tree, tellsMoves);
    List<FileEvent> events = comparison.look(names);
    assertThat(comparison.problems()).isEmpty();
    return events;
  }

  private void write(String path, String content) throws IOException {
    Files.createDirectories(folder.resolve(path).getParent());
    Files.writeString(folder.resolve(path), content);
  }

  private void move(String from, String to) throws IOException {
    Files.move(
        folder.resolve(from),
        folder.resolve(to),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** What there is was changed long enough ago that a later change has another time. */
  private void begin() throws InterruptedException {
    Thread.sleep(Seen.TICK_NANOS / 1_000_000 + 1);
    List<FileEvent> unused = look(List.of(dirty("", true)), true);
  }

  private static String texts(List<FileEvent> events) {
    return String.join(", ", events.stream().map(FileEvent::toString).toList());
  }

  @Test
  void what_is_new_written_changed_and_gone() throws Exception {
    write("d/old", "1");
    write("d/gone", "1");
    begin();
    write("d/old", "12");
    write("new/below/file", "1");
    Files.delete(folder.resolve("d/gone"));
    assertThat(texts(look("d/old", "d/gone", "new")))
        .isEqualTo(
            "onModify d/old, onCreate new, onCreate new/below, onCreate new/below/file,"
                + " onDelete d/gone");
    assertThat(look(List.of(new Dirty("", true, false, 0, 0, 0)), true)).isEmpty();
    Files.setPosixFilePermissions(
        folder.resolve("d/old"), PosixFilePermissions.fromString("r--------"));
    Files.setPosixFilePermissions(
        folder.resolve("new"), PosixFilePermissions.fromString("rwx------"));
    List<Dirty> names = List.of(new Dirty("", true, false, 0, 0, 0));
    assertThat(texts(look(names, true))).isEqualTo("onAttrib d/old, onAttrib new");
  }

  @Test
  void a_name_that_came_and_went_is_nothing() {
    assertThat(look("x", "y/z")).isEmpty();
  }

  @Test
  void what_is_written_within_one_tick_of_the_clock_is_seen() throws IOException {
    write("f", "1");
    List<FileEvent> unused = look("f"); // at once
    var time = Files.getLastModifiedTime(folder.resolve("f"));
    Files.writeString(folder.resolve("f"), "2");
    Files.setLastModifiedTime(folder.resolve("f"), time);
    assertThat(texts(look("f"))).isEqualTo("onModify f");
  }

  @Test
  void a_directory_that_goes_is_told_after_what_was_in_it() throws Exception {
    write("d/e/f", "1");
    begin();
    try (Stream<Path> all = Files.walk(folder.resolve("d"))) {
      for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
    assertThat(texts(look("d"))).isEqualTo("onDelete d/e/f, onDelete d/e, onDelete d");
  }

  @Test
  void moves_of_files_and_directories_and_what_changed_in_them() throws Exception {
    write("d/a", "1");
    write("d/b", "1");
    write("f", "1");
    begin();
    move("d", "e");
    write("e/b", "12");
    write("e/c", "1");
    move("f", "e/f");
    assertThat(texts(look("d", "e", "f", "e/f")))
        .isEqualTo("onMove d -> e, onModify e/b, onCreate e/c, onMove f -> e/f");
    move("e/f", "f");
    assertThat(texts(look(List.of(dirty("e/f", false), dirty("f", false)), false)))
        .isEqualTo("onCreate f, onDelete e/f");
  }

  @Test
  void a_row_of_renames_is_told_from_its_end() throws Exception {
    write("log", "1");
    write("log.1", "22");
    write("log.2", "333");
    begin();
    move("log.2", "log.3");
    move("log.1", "log.2");
    move("log", "log.1");
    write("log", "new");
    assertThat(texts(look("log", "log.1", "log.2", "log.3")))
        .isEqualTo(
            "onMove log.2 -> log.3, onMove log.1 -> log.2, onMove log -> log.1, onCreate log");
  }

  /** What stood below the old directory can only be told anew: that goes with it. */
  @Test
  void a_directory_that_takes_the_place_of_the_one_it_was_in() throws Exception {
    write("c/d/f", "1");
    begin();
    move("c/d", "d");
    Files.delete(folder.resolve("c"));
    move("d", "c");
    assertThat(texts(look("c", "c/d", "d")))
        .isEqualTo("onDelete c/d/f, onDelete c/d, onDelete c, onCreate c, onCreate c/f");
  }

  @Test
  void another_kind_under_the_same_name() throws Exception {
    write("x", "1");
    begin();
    Files.delete(folder.resolve("x"));
    write("x/y", "1");
    assertThat(texts(look("x"))).isEqualTo("onDelete x, onCreate x, onCreate x/y");
    Files.delete(folder.resolve("x/y"));
    Files.delete(folder.resolve("x"));
    Files.createSymbolicLink(folder.resolve("x"), Path.of("nowhere"));
    assertThat(texts(look("x"))).isEqualTo("onDelete x/y, onDelete x, onCreate x");
  }

  /** A link that is planted leads nobody out of the tree (H1). */
  @Test
  void h1_no_symbolic_link_is_followed() throws IOException {
    Path outside = Files.createDirectory(folder.resolveSibling(folder.getFileName() + "-outside"));
    Files.writeString(outside.resolve("secret"), "1");
    Files.createSymbolicLink(folder.resolve("link"), outside);
    assertThat(texts(look("link", "link/secret"))).isEqualTo("onCreate link");
    // One that has taken the place of a directory, of which nobody has told yet.
    write("d/secret", "1");
    assertThat(texts(look("d"))).isEqualTo("onCreate d, onCreate d/secret");
    Files.delete(folder.resolve("d/secret"));
    Files.delete(folder.resolve("d"));
    Files.createSymbolicLink(folder.resolve("d"), outside);
    assertThat(texts(look("d/secret"))).isEqualTo("onDelete d/secret");
    Files.delete(outside.resolve("secret"));
    Files.delete(outside);
  }

  /**
   * What was written below another name meanwhile is seen in the tree of the name it came back to.
   */
  @Test
  void a_directory_that_went_and_came_back() throws Exception {
    write("d/old", "1");
    begin();
    move("d", "e");
    write("e/new", "1");
    move("e", "d");
    assertThat(
            texts(look(List.of(dirty("d", true), dirty("e", false), dirty("e/new", false)), true)))
        .isEqualTo("onCreate d/new");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void random_changes_are_a_way_from_tree_to_tree(boolean tellsMoves) throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    begin();
    Replica replica = new Replica();
    int moves = 0;
    for (int round = 0; round < 300; round++) {
      Set<String> touched = new TreeSet<>();
      Set<String> arrived = new TreeSet<>();
      for (int i = random.nextInt(1, 12); i > 0; i--) {
        change(random, touched, arrived);
      }
      boolean isWhole = random.nextInt(10) == 0;
      List<Dirty> names =
          isWhole
              ? List.of(dirty("", true))
              : touched.stream()
                  .map(path -> dirty(path, arrived.contains(path) || random.nextInt(4) == 0))
                  .toList();
      List<FileEvent> events = look(names, tellsMoves);
      String as = "seed " + seed + ", round " + round + ": " + names + ": " + texts(events);
      for (FileEvent event : events) {
        replica.apply(event, as);
        moves += event.action() == Action.MOVE ? 1 : 0;
      }
      assertThat(replica.names).as(as).isEqualTo(described());
    }
    assertThat(moves > 0).as("seed %s", seed).isEqualTo(tellsMoves);
  }

  /**
   * Something that a user may do.
   *
   * @param arrived directories that got their name; of these a watch tells the whole tree
   */
  private void change(Random random, Set<String> touched, Set<String> arrived) throws IOException {
    String path = path(random);
    String other = path(random);
    try {
      switch (random.nextInt(7)) {
        case 0, 1 -> Files.writeString(folder.resolve(path), "content " + random.nextInt());
        case 2 -> {
          Files.createDirectory(folder.resolve(path));
          arrived.add(path);
        }
        case 3 -> Files.delete(folder.resolve(path));
        case 4 -> {
          boolean isOpen = random.nextBoolean();
          Files.setPosixFilePermissions(
              folder.resolve(path),
              PosixFilePermissions.fromString(isOpen ? "rwxrwx---" : "rwx------"));
        }
        default -> {
          move(path, other);
          if (Files.isDirectory(folder.resolve(other))) {
            arrived.add(other);
          }
        }
      }
    } catch (FileSystemException e) {
      return; // not possible here; another change will be
    }
    touched.add(path);
    touched.add(other);
  }

  private static String path(Random random) {
    StringBuilder path = new StringBuilder(NAMES[random.nextInt(NAMES.length)]);
    while (random.nextInt(3) == 0) {
      path.append('/').append(NAMES[random.nextInt(NAMES.length)]);
    }
    return path.toString();
  }

  private TreeMap<String, String> described() throws IOException {
    TreeMap<String, String> names = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.filter(one -> !one.equals(folder)).toList()) {
        names.put(folder.relativize(path).toString(), description(path));
      }
    }
    return names;
  }

  private static String description(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path))
        + (Files.isDirectory(path) ? "/" : " " + Files.readString(path));
  }

  /** Another tree, to which the commands of a user bring what they are told. */
  private final class Replica {
    final TreeMap<String, String> names = new TreeMap<>();

    void apply(FileEvent event, String as) throws IOException {
      String path = event.path();
      switch (event.action()) {
        case CREATE -> {
          assertThat(names).as(as).doesNotContainKey(path);
          hasParent(path, as);
          names.put(path, description(folder.resolve(path)));
        }
        case MODIFY, ATTRIB -> {
          assertThat(names).as(as).containsKey(path);
          names.put(path, description(folder.resolve(path)));
        }
        case DELETE -> {
          assertThat(names.remove(path)).as(as).isNotNull();
          assertThat(below(path)).as(as).isEmpty();
        }
        case MOVE -> move(path, event.to(), as);
        case STARTUP -> throw new AssertionError(as);
      }
    }

    private void move(String from, String to, String as) throws IOException {
      assertThat(names).as(as).containsKey(from);
      hasParent(to, as);
      if (names.containsKey(to)) {
        assertThat(names.get(from) + names.get(to)).as(as).doesNotContain("/");
      }
      for (String path : below(from)) {
        names.put(to + path.substring(from.length()), names.remove(path));
      }
      names.put(to, names.remove(from));
    }

    private void hasParent(String path, String as) {
      String parent = PathText.parent(path);
      assertThat(parent.isEmpty() || names.getOrDefault(parent, "").endsWith("/")).as(as).isTrue();
    }

    private List<String> below(String path) {
      return new ArrayList<>(names.subMap(path + "/", path + "0").keySet());
    }
  }
}
