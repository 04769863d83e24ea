package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import dev.godwit.sync.attributes.Attributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which name of a file leads does not hang on the order in which threads find its names. */
class HardLinksTest {
  private static final FileStatus STATUS =
      new FileStatus(0100644, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 4, 0, 0, 0);

  private static SourceEntry entry(String name) {
    return SourceEntry.file(Names.of(name), STATUS, Attributes.of(STATUS), 0);
  }

  private static String leader(List<List<String>> directories, String... standing)
      throws Exception {
    HardLinks links = new HardLinks();
    for (List<String> directory : directories) {
      for (String name : directory.subList(1, directory.size())) {
        links.expect(entry(name), Names.of(directory.getFirst()));
      }
    }
    List<String> leaders = new ArrayList<>();
    for (List<String> directory : directories) {
      for (String name : directory.subList(1, directory.size())) {
        byte[] path = Paths.join(Names.of(directory.getFirst()), Names.of(name));
        HardLinks.Role role =
            links.role(
                entry(name), path, one -> List.of(standing).contains(Names.display(one)), () -> {});
        if (role == HardLinks.Role.LEADS) {
          leaders.add(Names.display(path));
        }
      }
    }
    return String.join(" ", leaders);
  }

  @Test
  void the_last_name_in_the_order_of_the_tree_leads_or_the_first_that_stands() throws Exception {
    List<List<String>> directories =
        new ArrayList<>(
            List.of(
                List.of("", "z"),
                List.of("a", "1", "2"),
                List.of("a/b", "0"),
                List.of("a.b", "x")));
    for (int seed = 0; seed < 50; seed++) {
      Collections.shuffle(directories, new Random(seed));
      assertThat(leader(directories)).as("seed %d: %s", seed, directories).isEqualTo("a/b/0");
      assertThat(leader(directories, "a/2", "a/b/0", "a/1"))
          .as("seed %d: %s", seed, directories)
          .isEqualTo("a/1");
    }
  }

  private static HardLinks.Role role(
      HardLinks links, String name, List<String> standing, List<String> later) throws Exception {
    return links.role(
        entry(name),
        Names.of(name),
        one -> standing.contains(Names.display(one)),
        () -> later.add(name));
  }

  @Test
  void a_name_that_does_not_stand_waits_for_one_that_does() throws Exception {
    HardLinks links = new HardLinks();
    links.preferStanding();
    List<String> later = new ArrayList<>();
    assertThat(role(links, "a", List.of("c"), later)).isEqualTo(HardLinks.Role.WAITS);
    assertThat(role(links, "b", List.of("c"), later)).isEqualTo(HardLinks.Role.WAITS);
    assertThat(role(links, "c", List.of("c"), later)).isEqualTo(HardLinks.Role.LEADS);
    assertThat(role(links, "d", List.of("c"), later)).isEqualTo(HardLinks.Role.WAITS);
    links
        .stands(STATUS, HardLinks.Leader.of(Names.of("c"), Names.of("c"), STATUS))
        .forEach(Runnable::run);
    assertThat(later).containsExactly("a", "b", "d");
    assertThat(role(links, "a", List.of("c"), later)).isEqualTo(HardLinks.Role.FOLLOWS);
  }

  @Test
  void of_names_none_of_which_stands_the_last_one_leads_or_the_first_when_no_more_come()
      throws Exception {
    HardLinks links = new HardLinks();
    links.preferStanding();
    List<String> later = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      assertThat(role(links, name, List.of(), later)).isEqualTo(HardLinks.Role.WAITS);
    }
    assertThat(role(links, "d", List.of(), later)).isEqualTo(HardLinks.Role.LEADS);

    links = new HardLinks();
    links.preferStanding();
    assertThat(role(links, "a", List.of(), later)).isEqualTo(HardLinks.Role.WAITS);
    assertThat(role(links, "b", List.of(), later)).isEqualTo(HardLinks.Role.WAITS);
    links.left().forEach(Runnable::run);
    assertThat(later).containsExactly("a", "b");
    assertThat(role(links, "a", List.of(), later)).isEqualTo(HardLinks.Role.LEADS);
    assertThat(role(links, "b", List.of(), later)).isEqualTo(HardLinks.Role.WAITS);
  }
}
