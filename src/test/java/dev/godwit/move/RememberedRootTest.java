package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the process with the mirrors knew of the source is known to the next one. */
@Tag("lab")
@Timeout(300)
class RememberedRootTest {
  @Test
  void h27_a_folder_that_was_exchanged_while_nobody_looked_is_not_taken_for_it() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      String folder = move.folders().getFirst();
      move.startClient();
      move.godwit(0, "start");
      move.endClient();
      move.godwit(0, "start"); // all that the client has written is there
      List<String> before = move.neu().must("find", folder).lines().toList();
      move.killBackground();
      // Another disk in its place, with something on it.
      move.old().must("mount", "-t", "tmpfs", "another", folder);
      move.old().must("touch", folder + "/another");

      String refused = move.godwit(1, "start");
      assertThat(refused).contains("has halted").contains("--new-root");
      assertThat(move.neu().must("find", folder).lines())
          .as("nothing is removed or added")
          .containsExactlyElementsOf(before);

      // The person who has looked says that it is right.
      move.godwit(0, "start", "--new-root");
      assertThat(move.neu().must("ls", folder).strip()).isEqualTo("another");

      move.old().must("umount", "-l", folder); // the mirror holds it
      // The mirror that runs has noticed it, or the one that is started again by this.
      assertThat(move.godwit(1, "start"))
          .containsPattern("is another directory now|is not the directory that was mirrored before")
          .contains("--new-root");
      move.godwit(0, "start", "--new-root");
      assertThat(move.neu().must("find", folder).lines().sorted().toList())
          .isEqualTo(before.stream().sorted().toList());
      move.godwit(0, "finish", "--abandon");
    }
  }
}
