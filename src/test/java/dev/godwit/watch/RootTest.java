package dev.godwit.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.watch.Root.Fate;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

final class RootTest {
  @Test
  void h27_tells_a_replaced_root_from_a_changed_one() throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm")) {
      tree.write("root/file", "1");
      try (Root root = Root.open(tree.rootBytes())) {
        assertThat(root.fate()).isEqualTo(Fate.SAME);
        try (Root again = Root.open(tree.rootBytes())) {
          assertThat(again.identity()).isEqualTo(root.identity());
        }
        Files.delete(tree.root().resolve("file"));
        assertThat(root.fate()).isEqualTo(Fate.EMPTY);
        tree.write("root/file", "1");
        Files.move(tree.root(), tree.top().resolve("elsewhere"));
        assertThat(root.fate()).isEqualTo(Fate.VANISHED);
        tree.write("root/file", "1");
        assertThat(root.fate()).isEqualTo(Fate.REPLACED);
        try (Root other = Root.open(tree.rootBytes())) {
          assertThat(other.identity()).isNotEqualTo(root.identity());
        }
      }
    }
  }

  @Test
  void h27_something_mounted_over_the_root_is_another_directory() throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm")) {
      tree.write("root/file", "1");
      try (Root root = Root.open(tree.rootBytes())) {
        run("mount", "-t", "tmpfs", "none", tree.root().toString());
        try {
          assertThat(root.fate()).isEqualTo(Fate.REPLACED);
        } finally {
          run("umount", tree.root().toString());
        }
        assertThat(root.fate()).isEqualTo(Fate.SAME);
      }
    }
  }

  /** The kernel calls what is mounted nowhere any more "/". */
  @Test
  void h25_a_root_that_was_unmounted_has_not_the_mounts_of_the_whole_host() throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm")) {
      tree.write("root/file", "1");
      run("mount", "-t", "tmpfs", "none", tree.root().toString());
      Root root;
      try {
        root = Root.open(tree.rootBytes());
      } finally {
        run("umount", "--lazy", tree.root().toString());
      }
      try (root;
          Root top = Root.open(new byte[] {'/'})) {
        assertThat(root.mounts()).isEmpty();
        assertThat(top.mounts()).containsKey("proc");
      }
    }
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }
}
