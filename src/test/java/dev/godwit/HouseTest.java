package dev.godwit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FileReader;
import java.io.FileWriter;
import java.io.ObjectInputStream;
import java.io.RandomAccessFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The house: which room may use which. Dependencies point down only, and rooms on one floor do not
 * know each other, so that each can be read, tested and changed with only what is below it in mind.
 */
final class HouseTest {
  private static final String ROOT = "dev.godwit";

  /** From the roof to the ground. A room that does not exist yet keeps its place. */
  private static final List<Set<String>> FLOORS =
      List.of(
          Set.of("cli"),
          Set.of("demo"),
          Set.of("report"),
          Set.of("monitor"),
          Set.of("move"),
          Set.of("check", "draft"),
          Set.of("plan"),
          Set.of("journal"),
          Set.of("agent"),
          Set.of("lsyncd"),
          Set.of(
              "mirror", "forward", "service", "stage", "outside", "database", "address", "survey"),
          Set.of("daemon"),
          Set.of("sync"),
          Set.of("watch"),
          Set.of("host"),
          Set.of("wire"),
          Set.of("linux"));

  /** The same within {@code forward}; below them all is what is in {@code forward} itself. */
  private static final List<Set<String>> FORWARD_FLOORS =
      List.of(
          Set.of("server", "daemons"),
          Set.of("landing"),
          Set.of("gate"),
          Set.of("ladder"),
          Set.of("relay"),
          Set.of("loop"),
          Set.of("rules"));

  private static final String FORWARD = ROOT + ".forward";

  /** Rooms that start programs. */
  private static final Map<String, String> MAY_START_PROCESSES =
      Map.of(
          "host",
              "the one place that starts programs for the product, bounded and by argument list",
          "demo", "builds hosts out of namespaces and runs the commands that a user would type");

  /** Classes of the engine that may use paths, for Godwit's own state; never for a user's tree. */
  private static final Map<String, String> MAY_USE_PATHS = Map.of();

  private static final JavaClasses HOUSE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  static Stream<String> rooms() {
    return FLOORS.stream().flatMap(Set::stream).sorted();
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void a_room_uses_only_what_is_below_it(String room) {
    List<String> forbidden = notBelow(FLOORS, ROOT, room);
    forbidden.add(ROOT);
    usesNone(packages(room), forbidden);
  }

  static Stream<String> roomsOfForward() {
    return FORWARD_FLOORS.stream().flatMap(Set::stream).sorted();
  }

  @ParameterizedTest
  @MethodSource("roomsOfForward")
  void a_room_of_forward_uses_only_what_is_below_it(String room) {
    usesNone(FORWARD + "." + room + "..", notBelow(FORWARD_FLOORS, FORWARD, room));
  }

  @Test
  void what_the_rooms_of_forward_share_uses_none_of_them() {
    usesNone(FORWARD, roomsOfForward().map(room -> FORWARD + "." + room + "..").toList());
  }

  @Test
  void every_package_of_forward_is_one_of_its_rooms() {
    Set<String> found = new TreeSet<>();
    for (JavaClass type : HOUSE) {
      if (type.getPackageName().startsWith(FORWARD + ".")) {
        found.add(type.getPackageName().substring(FORWARD.length() + 1));
      }
    }
    assertThat(found).containsExactlyInAnyOrderElementsOf(roomsOfForward().toList());
  }

  /** The rooms above one and beside it. */
  private static List<String> notBelow(List<Set<String>> floors, String parent, String room) {
    List<String> others = new ArrayList<>();
    for (Set<String> floor : floors) {
      floor.stream()
          .filter(name -> !name.equals(room))
          .forEach(name -> others.add(parent + "." + name + ".."));
      if (floor.contains(room)) {
        break;
      }
    }
    return others;
  }

  private static void usesNone(String packages, List<String> forbidden) {
    noClasses()
        .that()
        .resideInAPackage(packages)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(forbidden.toArray(String[]::new))
        .allowEmptyShould(true)
        .because("dependencies point down only")
        .check(HOUSE);
  }

  @Test
  void every_package_is_a_room_of_the_house() {
    Set<String> found = new TreeSet<>();
    for (JavaClass type : HOUSE) {
      if (!type.getPackageName().equals(ROOT)) {
        found.add(type.getPackageName().substring(ROOT.length() + 1).split("\\.", -1)[0]);
      }
    }
    assertThat(rooms().toList()).containsAll(found);
    assertThat(found).as("the classes were found at all").contains("cli", "plan", "linux");
  }

  @Test
  void the_root_package_holds_main_only() {
    assertThat(HOUSE.stream().filter(type -> type.getPackageName().equals(ROOT)))
        .extracting(JavaClass::getSimpleName)
        .containsExactlyInAnyOrder("Main", "package-info");
  }

  @Test
  void every_package_is_null_marked() {
    Set<String> unmarked = new TreeSet<>();
    for (JavaClass type : HOUSE) {
      if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
        unmarked.add(type.getPackageName());
      }
    }
    assertThat(unmarked).isEmpty();
  }

  @Test
  void nothing_is_deserialized_by_java() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ObjectInputStream.class)
        .because("a peer that can choose classes can run code (H40)")
        .check(HOUSE);
  }

  @Test
  void programs_are_started_in_one_room() {
    String[] allowed =
        MAY_START_PROCESSES.keySet().stream().map(HouseTest::packages).toArray(String[]::new);
    noClasses()
        .that()
        .resideOutsideOfPackages(allowed)
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ProcessBuilder.class)
        .orShould()
        .callMethod(Runtime.class, "exec", String[].class)
        .orShould()
        .callMethod(Runtime.class, "exec", String.class)
        .because("host.Processes bounds their time and their output")
        .check(HOUSE);
  }

  @Test
  void the_engine_reaches_files_by_directory_handles() {
    noClasses()
        .that()
        .resideInAnyPackage(packages("sync"), packages("watch"))
        .and(
            DescribedPredicate.describe(
                "are not listed as exceptions", type -> !MAY_USE_PATHS.containsKey(type.getName())))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.nio.file..")
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(
            File.class,
            FileInputStream.class,
            FileOutputStream.class,
            FileReader.class,
            FileWriter.class,
            RandomAccessFile.class)
        .allowEmptyShould(true)
        .because("a path races with who owns the tree, and cannot carry every name (H1, H4)")
        .check(HOUSE);
  }

  private static String packages(String room) {
    return ROOT + "." + room + "..";
  }
}
