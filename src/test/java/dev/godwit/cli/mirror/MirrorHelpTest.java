package dev.godwit.cli.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.mirror.rules.MirrorOption;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class MirrorHelpTest {
  @Test
  void it_fits_into_80_columns_and_has_every_option() throws Exception {
    String help = MirrorHelp.text();
    assertThat(help.lines()).allMatch(line -> line.length() <= 80);
    String page = Files.readString(Path.of("docs/mirror.md"));
    for (MirrorOption option : MirrorOption.values()) {
      assertThat(help).contains("--" + option.word());
      assertThat(page).contains("--" + option.word());
    }
    assertThat(help).contains("--exclude", "--trash", "Exit codes:", "Examples:");
    assertThat(help).contains("--acls", "--copy-links").doesNotContain("--fuzzy", "--files-from");
  }
}
