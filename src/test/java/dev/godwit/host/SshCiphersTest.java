package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against the ssh that is installed, too. */
final class SshCiphersTest {
  private static final String CHACHA = "chacha20-poly1305@openssh.com";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "CHACHA,aes128-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com"
            + " | aes128-gcm@openssh.com,aes256-gcm@openssh.com,CHACHA,aes128-ctr",
        "CHACHA,aes256-gcm@openssh.com | aes256-gcm@openssh.com,CHACHA",
        // What the user does not allow is not added, and what he prefers stays.
        "CHACHA,aes128-ctr | -",
        "CHACHA | -",
        "aes256-ctr,CHACHA,aes128-gcm@openssh.com | -",
        "aes256-gcm@openssh.com,CHACHA | -"
      })
  void the_order_changes_and_nothing_else(String allowed, String order) {
    String said =
        "user root\nciphers %s\nhostname old\n".formatted(allowed.replace("CHACHA", CHACHA));
    assertThat(SshCiphers.order(said))
        .isEqualTo(order == null ? null : order.replace("CHACHA", CHACHA));
  }

  @Test
  void an_ssh_that_says_something_else_is_left_alone() {
    assertThat(SshCiphers.order("")).isNull();
    assertThat(SshCiphers.order("port 22\n")).isNull();
  }

  private List<String> argv(String configuration, String... extra) throws Exception {
    Path file = Files.writeString(folder.resolve("config"), configuration);
    List<String> options = new java.util.ArrayList<>(List.of(extra));
    options.addAll(List.of("-F", file.toString()));
    return SshArguments.of(new SshDestination("old"), options, "command");
  }

  @Test
  void the_ssh_that_is_installed_is_asked() throws Exception {
    List<String> argv = argv("");
    List<String> quick = SshCiphers.quick(argv);
    assertThat(quick).endsWith("--", "old", "command").containsAll(argv);
    List<String> added = quick.subList(argv.size() - 3, quick.size() - 3);
    if (!added.isEmpty()) { // on a processor without these instructions
      assertThat(added.getFirst()).isEqualTo("-o");
      assertThat(added.getLast()).startsWith("Ciphers=aes128-gcm@openssh.com,").contains(CHACHA);
    }
  }

  @Test
  void what_the_user_says_in_his_configuration_or_on_the_line_stands() throws Exception {
    List<String> configured = argv("Ciphers aes256-ctr," + CHACHA + "\n");
    assertThat(SshCiphers.quick(configured)).isEqualTo(configured);
    List<String> named = argv("", "-c", CHACHA);
    assertThat(SshCiphers.quick(named)).isEqualTo(named);
    List<String> wrong = argv("NoSuchWord yes\n");
    assertThat(SshCiphers.quick(wrong)).isEqualTo(wrong);
  }
}
