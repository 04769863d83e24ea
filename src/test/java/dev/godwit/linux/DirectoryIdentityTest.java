package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DirectoryIdentityTest {
  @TempDir private Path folder;

  private static String of(Path path) throws LinuxException {
    try (DirectoryHandle directory = DirectoryHandle.open(Names.of(path.toString()))) {
      return DirectoryIdentity.of(directory);
    }
  }

  @Test
  void h30_a_directory_is_known_again_and_no_other_one_is_taken_for_it() throws Exception {
    Path one = Files.createDirectory(folder.resolve("one"));
    String known = of(one);
    Path moved = Files.move(one, folder.resolve("moved"));
    assertThat(of(moved)).isEqualTo(known);
    Files.createDirectory(one);
    assertThat(of(one)).isNotEqualTo(known);
    assertThat(DirectoryIdentity.mayReplace(known, of(moved))).isTrue();
    assertThat(DirectoryIdentity.mayReplace(known, of(one))).isFalse();
    assertThat(DirectoryIdentity.mayReplace(known, "")).isFalse();
  }

  @Test
  void h30_only_a_directory_in_memory_may_be_another_one() {
    String known = "1021994-aa-h1-01";
    assertThat(DirectoryIdentity.mayReplace(known, "1021994-bb-h1-02")).isTrue();
    assertThat(DirectoryIdentity.mayReplace(known, "1021994-aa-h1-02")).isFalse();
    assertThat(DirectoryIdentity.mayReplace("1021994-0-h1-01", "1021994-0-h1-02")).isTrue();
    assertThat(DirectoryIdentity.mayReplace(known, "ef53-bb-h1-02")).isFalse();
    assertThat(DirectoryIdentity.mayReplace("ef53-aa-h1-02", "1021994-bb-h1-02")).isFalse();
    assertThat(DirectoryIdentity.mayReplace("ef53-aa-h1-01", "ef53-bb-h1-01")).isFalse();
  }

  @Test
  void names_of_types_are_for_people() {
    assertThat(DirectoryIdentity.typeName("ef53-aa-h1-01")).isEqualTo("ext4");
    assertThat(DirectoryIdentity.typeName("6969-0-i7")).isEqualTo("nfs");
  }
}
