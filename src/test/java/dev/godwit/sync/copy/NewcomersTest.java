package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** H27: which names came lately. Times are seconds. */
final class NewcomersTest {
  private final Newcomers names = new Newcomers(Duration.ofSeconds(10));

  private void came(String path, long second) {
    names.came(Names.of(path), Duration.ofSeconds(second).toNanos());
  }

  private boolean has(String path, long second) {
    return names.has(Names.of(path), Duration.ofSeconds(second).toNanos());
  }

  @Test
  void h27_a_name_is_new_for_a_time() {
    came("d/1", 0);
    came("d/2", 8);
    assertThat(has("d/1", 10)).isTrue();
    assertThat(has("d/1", 11)).isFalse();
    assertThat(has("d/2", 11)).isTrue();
    assertThat(has("d", 1)).isFalse();
    names.gone(Names.of("d/2"));
    assertThat(has("d/2", 11)).isFalse();
    came("d/1", 12);
    assertThat(has("d/1", 20)).as("it came once more").isTrue();
  }

  @Test
  void h27_a_renamed_file_is_as_new_as_it_was() {
    came("in/1", 0);
    names.renamed(Names.of("in/1"), Names.of("active/1"), false);
    assertThat(has("in/1", 1)).isFalse();
    assertThat(has("active/1", 10)).isTrue();
    assertThat(has("active/1", 11)).isFalse();
    names.renamed(Names.of("stood"), Names.of("elsewhere"), false);
    assertThat(has("elsewhere", 1)).isFalse();
    came("new", 1);
    names.renamed(Names.of("new"), Names.of("stood"), true);
    assertThat(has("stood", 1)).as("something stood there").isFalse();
  }

  @Test
  void h27_a_renamed_directory_takes_along_what_is_in_it() {
    came("d", 0);
    came("d/e/1", 0);
    came("dd/1", 0);
    came("f/2", 5);
    names.renamedDirectory(Names.of("d"), Names.of("x/y"), false);
    assertThat(has("x/y", 1)).isTrue();
    assertThat(has("x/y/e/1", 10)).isTrue();
    assertThat(has("d/e/1", 1)).isFalse();
    assertThat(has("dd/1", 1)).isTrue();
    names.renamedDirectory(Names.of("x/y"), Names.of("f"), true);
    assertThat(has("f/e/1", 10)).isTrue();
    assertThat(has("x/y/2", 15)).isTrue();
    assertThat(has("f/2", 6)).isFalse();
  }

  @Test
  void h27_is_bounded_and_makes_room_by_itself() {
    for (int i = 0; i < Newcomers.NAMES_MAX; i++) {
      came("n" + i, 0);
    }
    came("too many", 5);
    assertThat(has("too many", 5)).isFalse();
    came("later", 11);
    assertThat(has("later", 11)).isTrue();
  }
}
