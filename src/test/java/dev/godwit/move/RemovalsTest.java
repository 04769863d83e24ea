package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What looks like an accident at the source is not carried to the target before a person agrees.
 */
@Tag("lab")
@Timeout(300)
class RemovalsTest {
  @Test
  void h27_a_folder_that_was_exchanged_while_nobody_looked_is_not_taken_for_it() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      String folder = move.folders().getFirst();
      move.startClient();
      move.godwit(0, "start");
      List<String> before = move.neu().must("find", folder).lines().toList();
      move.endClient();
      move.killBackground();
      // As an unmounted disk looks, or a restored one: another directory, with something in it.
      move.old().must("mv", folder, folder + ".away");
      move.old().must("mkdir", folder);
      move.old().must("touch", folder + "/another");

      String refused = move.godwit(4, "start");
      assertThat(refused).contains("has halted").contains("--new-root");
      assertThat(move.neu().must("find", folder).lines())
          .as("nothing is removed or added")
          .containsExactlyElementsOf(before);

      // The person who has looked says that it is right.
      move.godwit(0, "start", "--new-root", "--any-removals");
      assertThat(move.neu().must("ls", folder).strip()).isEqualTo("another");

      move.old().must("rm", "-r", folder);
      move.old().must("mv", folder + ".away", folder);
      move.godwit(0, "start", "--new-root", "--any-removals");
      assertThat(move.neu().must("find", folder).lines().sorted().toList())
          .isEqualTo(before.stream().sorted().toList());
      move.godwit(0, "finish", "--abandon");
    }
  }

  @Test
  void h27_most_of_a_folder_is_not_removed_unasked() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      String many = move.folders().getFirst() + "/many";
      String count = "find " + many + " -type f | wc -l";
      move.old().must("sh", "-c", "mkdir " + many + " && cd " + many + " && touch $(seq 3000)");
      move.startClient();
      move.godwit(0, "start");
      assertThat(move.neu().must("sh", "-c", count).strip()).isEqualTo("3000");
      move.endClient();

      move.old().must("rm", "-r", many);
      assertThat(move.godwit(4, "start")).contains("has halted").contains("--any-removals");
      int left = Integer.parseInt(move.neu().must("sh", "-c", count).strip());
      assertThat(left).isGreaterThan(1000);

      move.godwit(0, "start", "--any-removals");
      assertThat(move.neu().path(many)).doesNotExist();
      move.godwit(0, "finish", "--abandon");
    }
  }
}
