package dev.godwit.sync.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.host.LocalHost;
import dev.godwit.linux.Names;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NameListAbilityTest {
  @TempDir private Path folder;

  private List<byte[]> read(Path file, Rules rules) throws Exception {
    try (LocalHost host = new LocalHost("source", List.of(new NameListAbility()))) {
      return NameListAbility.read(host, Names.of(file.toString()), true, rules);
    }
  }

  @Test
  void a_list_of_the_other_host_is_read_whole() throws Exception {
    Path file = folder.resolve("list");
    StringBuilder names = new StringBuilder("# comment\n");
    for (int i = 0; i < 50_000; i++) {
      names.append("directory/name-").append(i).append('\n');
    }
    Files.writeString(file, names);
    assertThat(read(file, new Rules.Builder().build()))
        .hasSize(50_000)
        .extracting(String::new)
        .last()
        .isEqualTo("directory/name-49999");
  }

  @Test
  void what_cannot_be_read_there_is_told() {
    assertThatThrownBy(() -> read(folder.resolve("none"), new Rules.Builder().build()))
        .hasMessageContaining("none on source (this host): No such file or directory");
  }

  @Test
  void h3_it_is_confined_as_at_home() throws Exception {
    Path file = Files.writeString(folder.resolve("list"), "a\n");
    Rules.Builder rules = new Rules.Builder();
    rules.confineRoot = Names.of(folder.toString());
    assertThat(read(file, rules.build())).hasSize(1);
    rules.confineRoot = Names.of("/usr");
    assertThatThrownBy(() -> read(file, rules.build())).hasMessageContaining("--confine-root");
  }
}
