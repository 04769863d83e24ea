package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Errors of the kernel that a mirror meets in the middle of what it does. */
@Tag("lab")
@Timeout(600)
final class MirrorInjectedErrorTest {
  /** So many that the kernel gives their names in several pieces. */
  private static final int NAMES = 3000;

  @Test
  void h28_a_directory_that_cannot_be_listed_to_its_end_loses_nothing() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < NAMES; i++) {
        m.tree.write("root/d/name" + i, "1");
      }
      assertThat(m.run("mirror", "--once", m.source + "/", m.target.toString())).isZero();
      m.tree.write("root/new", "1");
      Process once =
          m.startUnder(
              List.of(
                  "strace",
                  "--follow-forks",
                  "--quiet=all",
                  "--output=/dev/null",
                  "--trace-path=" + m.source.resolve("d"),
                  "--inject=getdents64:error=EIO:when=2+"),
              "mirror",
              "--once",
              "--delete-limit=100%",
              m.source + "/",
              m.target.toString());
      assertThat(m.await(once)).as(m.output()).isEqualTo(1);
      assertThat(m.output()).contains("Input/output error");
      String[] left = Objects.requireNonNull(m.target.resolve("d").toFile().list());
      assertThat(left).hasSize(NAMES);
      assertThat(m.target.resolve("new")).exists();
      Files.delete(m.source.resolve("d/name1"));
      assertThat(m.run("mirror", "--once", m.source + "/", m.target.toString()))
          .as(m.output())
          .isZero();
      m.assertEqual("when it can be listed");
    }
  }
}
