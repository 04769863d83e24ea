package dev.godwit.sync.attributes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.Identity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModeChangeTest {
  private static final String LETTERS = "DFugoa+-=rwxXst01247,";

  @TempDir Path folder;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @Test
  void the_manual_s_examples_hold() {
    assertThat(file("Dg+s,ug+w,Fo-w,+X", 0644)).isEqualTo(0664);
    assertThat(directory("Dg+s,ug+w,Fo-w,+X", 0700)).isEqualTo(02731);
    assertThat(directory("D2775,F664", 0700)).isEqualTo(02775);
    assertThat(file("D2775,F664", 0700)).isEqualTo(0664);
    assertThat(file("g=o,o=", 0764)).isEqualTo(0740);
    assertThat(file("ugo=rwX", 0755)).isEqualTo(0777);
    assertThat(file("ugo=rwX", 0640)).isEqualTo(0666);
    assertThat(file("g=u", 02644)).as("a copy clears the class's special bit").isEqualTo(0664);
  }

  private static int file(String change, int mode) {
    return ModeChange.parse(List.of(change), 022).apply(mode, false);
  }

  private static int directory(String change, int mode) {
    return ModeChange.parse(List.of(change), 022).apply(mode, true);
  }

  @Test
  void several_options_add_up_and_the_type_stays() {
    ModeChange change = ModeChange.parse(List.of("u+x", "g=u"), 0);
    assertThat(change.apply(0100640, false)).isEqualTo(0100770);
    assertThat(ModeChange.NONE.apply(0100640, false)).isEqualTo(0100640);
  }

  @Test
  void what_is_wrong_is_quoted_with_what_would_be_right() {
    assertThatThrownBy(() -> ModeChange.parse(List.of("u+x,g+q"), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--chmod=u+x,g+q")
        .hasMessageContaining("\"g+q\"")
        .hasMessageContaining("u+rwX");
  }

  @Test
  void random_changes_do_to_every_mode_what_rsync_does() throws Exception {
    List<Integer> modes = someModes();
    tree(modes);
    int valid = 0;
    for (int i = 0; i < 30; i++) {
      String change = change();
      TestingPrograms.Outcome rsync = rsync(change);
      String what = "seed " + seed + " --chmod=" + change + ": " + rsync.out();
      ModeChange parsed;
      try {
        parsed = ModeChange.parse(List.of(change), Identity.mask());
      } catch (IllegalArgumentException e) {
        assertThat(rsync.exit()).as(what).isEqualTo(1);
        continue;
      }
      assertThat(rsync.exit()).as(what).isZero();
      valid++;
      for (int mode : modes) {
        String name = "%04o".formatted(mode);
        assertThat(mode("there/f" + name))
            .as("%s of file %s", what, name)
            .isEqualTo("%o".formatted(parsed.apply(mode, false)));
        assertThat(mode("there/d" + name))
            .as("%s of directory %s", what, name)
            .isEqualTo("%o".formatted(parsed.apply(mode, true)));
      }
    }
    assertThat(valid).as("seed " + seed).isGreaterThan(5);
  }

  private List<Integer> someModes() {
    List<Integer> modes = new ArrayList<>(List.of(0, 0644, 0755, 0600, 0111, 07777));
    while (modes.size() < 20) {
      int mode = random.nextInt(010000);
      if (!modes.contains(mode)) {
        modes.add(mode);
      }
    }
    return modes;
  }

  private void tree(List<Integer> modes) throws IOException {
    Files.createDirectory(folder.resolve("here"));
    for (int mode : modes) {
      String name = "%04o".formatted(mode);
      Path file = Files.createFile(folder.resolve("here/f" + name));
      Path directory = Files.createDirectory(folder.resolve("here/d" + name));
      Files.setAttribute(file, "unix:mode", mode);
      Files.setAttribute(directory, "unix:mode", mode);
    }
  }

  /** Something that often is a change of a mode. */
  private String change() {
    StringBuilder text = new StringBuilder();
    int items = 1 + random.nextInt(3);
    for (int i = 0; i < items; i++) {
      text.append(i == 0 ? "" : ",").append(item());
    }
    if (random.nextInt(10) == 0) {
      int at = random.nextInt(text.length() + 1);
      text.insert(at, LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return text.toString();
  }

  private String item() {
    String kind = pick("", "", "", "D", "F", "DD");
    if (random.nextInt(5) == 0) {
      return kind + Integer.toOctalString(random.nextInt(010000));
    }
    String who = some("ugoa", 3);
    String operator = pick("+", "-", "=");
    return (random.nextBoolean() ? kind + who : who + kind)
        + operator
        + (random.nextInt(4) == 0 ? pick("u", "g", "o") : some("rwxXst", 5));
  }

  private String pick(String... of) {
    return of[random.nextInt(of.length)];
  }

  private String some(String letters, int max) {
    StringBuilder some = new StringBuilder();
    for (int i = random.nextInt(max + 1); i > 0; i--) {
      some.append(letters.charAt(random.nextInt(letters.length())));
    }
    return some.toString();
  }

  private TestingPrograms.Outcome rsync(String change) throws Exception {
    TestingPrograms.out(folder, "rm", "-rf", "there");
    return TestingPrograms.run(
        folder, List.of("rsync", "-rp", "--chmod=" + change, "here/", "there/"));
  }

  private String mode(String name) throws IOException {
    int mode = (Integer) Files.getAttribute(folder.resolve(name), "unix:mode");
    return "%o".formatted(mode & 07777);
  }
}
