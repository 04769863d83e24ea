package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class SysctlTest {
  @Test
  void all_digits_of_a_number_are_read() throws Exception {
    Path file = Path.of("/proc/sys/fs/inotify/max_user_watches");
    Process cat = new ProcessBuilder("cat", file.toString()).start();
    String said = new String(cat.getInputStream().readAllBytes()).strip();
    assertThat(said).hasSizeGreaterThan(1);
    assertThat(Sysctl.read(file)).isEqualTo(said);
  }
}
