package dev.godwit.sync.attributes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AclTest {
  private static final byte[] FILE = Names.of("file");

  @TempDir Path folder;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  private static Acl read(DirectoryHandle root) throws Exception {
    return Objects.requireNonNull(
        Acl.parse(Objects.requireNonNull(root.xattr(FILE, Acl.ACCESS), "no list")));
  }

  private String randomList() {
    StringBuilder list = new StringBuilder();
    for (String tag : new String[] {"u::", "g::", "o::", "m::"}) {
      list.append(tag).append(permissions()).append(',');
    }
    for (int i = random.nextInt(6); i > 0; i--) {
      list.append(random.nextBoolean() ? "u:" : "g:")
          .append(i * 1000 + random.nextInt(1000))
          .append(':')
          .append(permissions())
          .append(',');
    }
    return list.substring(0, list.length() - 1);
  }

  private String permissions() {
    return "" + (char) ('0' + random.nextInt(8));
  }

  @Test
  void random_lists_mean_what_the_kernel_and_getfacl_say() throws Exception {
    Files.createFile(folder.resolve("file"));
    Files.createFile(folder.resolve("other"));
    try (DirectoryHandle root = DirectoryHandle.open(Names.of(folder.toString()))) {
      for (int i = 0; i < 15; i++) {
        String list = randomList();
        TestingPrograms.out(folder, "setfacl", "--set", list, "file");
        Acl acl = read(root);
        String what = "seed " + seed + " " + list;
        FileStatus status = Objects.requireNonNull(root.status(FILE));
        assertThat(acl.permissions()).as(what).isEqualTo(status.mode() & 0777);
        assertThat(acl.isMinimal()).as(what).isFalse();

        root.setXattr(Names.of("other"), Acl.ACCESS, acl.value());
        assertThat(TestingPrograms.out(folder, "getfacl", "-cn", "other"))
            .as(what)
            .isEqualTo(TestingPrograms.out(folder, "getfacl", "-cn", "file"));

        int mode = random.nextInt(01000);
        root.setPermissions(FILE, mode);
        Acl changed = read(root);
        assertThat(acl.withPermissions(mode)).as("%s chmod %o", what, mode).isEqualTo(changed);
        assertThat(Acl.isSameBesideMode(acl, changed)).as(what).isTrue();
        assertThat(FakeSuper.list(FakeSuper.list(changed, false), mode))
            .as(what)
            .isEqualTo(changed);
        assertThat(FakeSuper.list(FakeSuper.list(acl, true), mode)).as(what).isEqualTo(acl);
      }
    }
  }

  @Test
  void without_a_list_nobody_gets_more_than_the_list_gave() {
    Acl acl =
        Objects.requireNonNull(
            new Acl.Builder()
                .add(Acl.USER_OBJ, 0, 7)
                .add(Acl.USER, 5, 7)
                .add(Acl.GROUP_OBJ, 0, 4)
                .add(Acl.MASK, 0, 6)
                .add(Acl.OTHER, 0, 1)
                .build());
    assertThat(acl.permissions()).isEqualTo(0761);
    assertThat(acl.permissionsWithoutList()).isEqualTo(0741);
  }

  @Test
  void h11_ids_are_mapped_one_by_one() throws Exception {
    Acl acl =
        Objects.requireNonNull(
            new Acl.Builder()
                .add(Acl.USER_OBJ, 0, 7)
                .add(Acl.USER, 5, 7)
                .add(Acl.USER, 6, 1)
                .add(Acl.GROUP, 5, 3)
                .add(Acl.GROUP_OBJ, 0, 4)
                .add(Acl.MASK, 0, 6)
                .add(Acl.OTHER, 0, 1)
                .build());
    Acl mapped =
        acl.mapped(
            new Acl.Ids() {
              @Override
              public int user(int uid) {
                return uid == 5 ? 900 : uid;
              }

              @Override
              public int group(int gid) {
                return gid + 1;
              }
            });
    assertThat(mapped).hasToString("u::7,u:6:1,u:900:7,g::4,g:6:3,m::6,o::1");
    assertThat(Acl.isSameBesideMode(acl, mapped)).isFalse();
    assertThat(Acl.isSameBesideMode(acl, null)).isFalse();
    assertThat(Acl.isSameBesideMode(null, null)).isTrue();
  }

  @Test
  void h40_bytes_that_are_no_list_are_refused() {
    byte[] good =
        Objects.requireNonNull(
                new Acl.Builder()
                    .add(Acl.USER_OBJ, 0, 6)
                    .add(Acl.USER, 77, 6)
                    .add(Acl.GROUP_OBJ, 0, 4)
                    .add(Acl.MASK, 0, 6)
                    .add(Acl.OTHER, 0, 0)
                    .build())
            .value();
    assertThat(Acl.parse(good)).isNotNull();
    assertThat(Acl.parse(new byte[0])).isNull();
    assertThat(Acl.parse(Arrays.copyOf(good, good.length - 1))).isNull();
    for (int length = 4; length < good.length; length += 8) {
      assertThat(Acl.parse(Arrays.copyOf(good, length))).as("%d bytes", length).isNull();
    }
    for (int i = 0; i < 100_000; i++) {
      byte[] changed = good.clone();
      for (int k = random.nextInt(4); k >= 0; k--) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      }
      Acl acl = Acl.parse(changed);
      if (acl != null) {
        assertThat(Acl.parse(acl.value())).as("seed " + seed).isEqualTo(acl);
        assertThat(acl.permissions()).isBetween(0, 0777);
      }
      FakeSuper.list(changed, 0644); // must not fail either
    }
  }
}
