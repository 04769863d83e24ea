package dev.godwit.watch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DirectoriesTest {
  /** As statfs(2) and stat(1) list them. */
  @ParameterizedTest
  @CsvSource({
    "6969, nfs",
    "ff534d42, cifs",
    "fe534d42, smb2",
    "65735546, fuse",
    "01021997, 9p",
    "73757245, coda",
    "20030528, orangefs",
    "786f4256, vboxsf",
    "bacbacbc, vmhgfs",
    "7c7c6673, prl_fs",
    "47504653, gpfs",
    "19830326, beegfs",
    "aad7aaea, panfs",
    "beefdead, snfs"
  })
  void h25_what_others_change_is_known_by_its_type(String number, String name) {
    int type = Integer.parseUnsignedInt(number, 16);
    assertThat(Directories.unreliableType(Integer.toUnsignedLong(type))).isEqualTo(name);
    assertThat(Directories.unreliableType(type)).as("with its sign").isEqualTo(name);
  }

  @Test
  void h25_ext4_xfs_btrfs_and_tmpfs_are_nobody_elses() {
    for (long type : new long[] {0xEF53, 0x58465342, 0x9123683EL, 0x01021994, 0x794C7630}) {
      assertThat(Directories.unreliableType(type)).isNull();
    }
  }
}
