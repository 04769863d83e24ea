package dev.godwit.survey;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a directory keeps is tried, and nothing of the trial stays. */
final class KeepingTest {
  @TempDir Path folder;

  private Keeping of(Path path) throws Exception {
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(path.toString()))) {
      return Keeping.of(handle);
    }
  }

  private void mounted(String type, String options, Check check) throws Exception {
    run("mount", "-t", type, "-o", options, "none", folder.toString());
    try {
      check.make();
    } finally {
      run("umount", folder.toString());
    }
  }

  private interface Check {
    void make() throws Exception;
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as("%s: %s", String.join(" ", command), said).isZero();
  }

  @Test
  void a_file_system_of_linux_keeps_all_of_it() throws Exception {
    mounted(
        "tmpfs",
        "size=1m",
        () -> {
          Keeping keeping = of(folder);
          // Attributes of users came to tmpfs with Linux 6.6.
          assertThat(keeping.refused()).isSubsetOf("extended attributes (EOPNOTSUPP)");
          assertThat(keeping.canWrite() && keeping.owners() && keeping.hardLinks()).isTrue();
          assertThat(keeping.acls()).isTrue();
          assertThat(keeping.foldsCase()).isFalse();
          try (var names = Files.list(folder)) {
            assertThat(names).as("left of the trial").isEmpty();
          }
        });
  }

  @Test
  void what_is_refused_is_told_with_its_error() throws Exception {
    mounted(
        "ramfs",
        "mode=755",
        () -> {
          Keeping keeping = of(folder);
          assertThat(keeping.refused())
              .containsExactly(
                  "extended attributes (EOPNOTSUPP)", "access control lists (EOPNOTSUPP)");
          assertThat(keeping.userXattrs() || keeping.acls()).isFalse();
          assertThat(keeping.owners() && keeping.hardLinks()).isTrue();
        });
    mounted(
        "tmpfs",
        "ro",
        () -> {
          Keeping keeping = of(folder);
          assertThat(keeping.canWrite()).isFalse();
          assertThat(keeping.refused()).containsExactly("a new file (EROFS)");
        });
  }

  @Test
  void mounts_that_other_hosts_can_have_too() {
    assertThat(SharedMount.of("nfs4", "server:/export")).isEqualTo("NFS, server:/export");
    assertThat(SharedMount.of("nfs4", "fs-0a1b2c3d.efs.eu-west-1.amazonaws.com:/"))
        .isEqualTo("EFS, fs-0a1b2c3d.efs.eu-west-1.amazonaws.com:/");
    assertThat(SharedMount.of("cifs", "//server/share")).isEqualTo("CIFS, //server/share");
    assertThat(SharedMount.of("fuse.sshfs", "root@h:/x")).isEqualTo("sshfs, root@h:/x");
    for (String local : new String[] {"ext4", "xfs", "btrfs", "tmpfs", "vfat", "overlay"}) {
      assertThat(SharedMount.of(local, "/dev/sda1")).as(local).isEmpty();
    }
  }
}
