package dev.godwit.sync.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RsyncPathTest {
  private static RsyncPath of(String text) {
    LineOptions line = new LineOptions();
    line.rsyncPath = Names.of(text);
    return Objects.requireNonNull(RsyncPath.of(line));
  }

  @ParameterizedTest
  @CsvSource({
    "rsync, ''",
    "/opt/bin/rsync, ''",
    "/opt/rsync-3.5, ''",
    "sudo rsync, sudo",
    "' sudo  -u www-data /usr/bin/rsync ', sudo -u www-data",
    "nice -n 19 rsync, nice -n 19",
    "env X=y rsync, env X=y",
    "doas rsync, doas"
  })
  void words_before_rsync_run_it(String text, String words) {
    assertThat(of(text).isForRsyncAlone()).isFalse();
    assertThat(of(text).before())
        .isEqualTo(words.isEmpty() ? List.of() : List.of(words.split(" ")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cd /x; rsync",
        "cd /x && rsync",
        "X=y rsync",
        "sudo rsync --fake-super",
        "~/bin/rsync",
        "sudo -u 'a b' rsync",
        "$HOME/rsync",
        "sudo `which rsync`",
        "sudo /usr/bin/rsync\nrsync",
        "=sudo rsync",
        "sudo rsync.old",
        "sudo \u00e4/rsync",
        "sudo {rsync,x} rsync",
        "  "
      })
  void h76_what_a_shell_could_take_for_more_starts_nothing_but_rsync(String text) {
    assertThat(of(text).isForRsyncAlone()).isTrue();
    assertThat(of(text).before()).isEmpty();
  }

  @Test
  void nothing_is_said_without_it() {
    assertThat(RsyncPath.of(new LineOptions())).isNull();
  }
}
