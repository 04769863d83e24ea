package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SshArgumentsTest {
  @Test
  void the_users_arguments_stand_before_what_they_may_change() throws Exception {
    List<String> argv =
        SshArguments.of(
            new SshDestination("root@old"), List.of("-i", "/k", "-p2222", "-4v"), "command");
    assertThat(argv).startsWith("ssh", "-T").endsWith("--", "root@old", "command");
    assertThat(argv).containsSubsequence("BatchMode=yes", "-i", "/k", "-p2222", "-4v");
    assertThat(argv.indexOf("ForwardAgent=no")).isLessThan(argv.indexOf("-i"));
    assertThat(argv.indexOf("ServerAliveInterval=5")).isGreaterThan(argv.indexOf("-4v"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"host", "-A", "-L", "-R1:a:2", "-W", "-N", "-f", "--", "-", "", "-t", "-4A"})
  void h78_what_is_no_way_to_a_host_is_refused(String argument) {
    assertThatThrownBy(
            () -> SshArguments.of(new SshDestination("old"), List.of(argument, "x"), "command"))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("not allowed");
  }

  @Test
  void a_value_that_is_missing_is_told() {
    assertThatThrownBy(() -> SshArguments.of(new SshDestination("old"), List.of("-i"), "command"))
        .hasMessageContaining("its value is missing");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "old",
        "root@old.example.org",
        "ssh://root@old:2222",
        "root@fe80::1%eth0",
        "a_b-c"
      })
  void destinations(String text) throws Exception {
    assertThat(SshDestination.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-oProxyCommand=id",
        "a b",
        "a;id",
        "$(id)",
        "`id`",
        "a|b",
        "root@-x",
        "ssh://-x",
        "a\nb",
        "root@",
        "a'b"
      })
  void h76_what_ssh_or_a_shell_could_take_for_more_is_refused(String text) {
    assertThatThrownBy(() -> SshDestination.parse(text))
        .isInstanceOf(HostException.class)
        .hasMessageContaining("is no ssh destination");
  }

  @Test
  void ssh_may_ask_only_when_somebody_is_there() throws Exception {
    SshDestination destination = new SshDestination("old");
    assertThat(SshArguments.of("ssh", destination, List.of(), "command", false))
        .contains("BatchMode=yes");
    assertThat(SshArguments.of("/usr/bin/ssh", destination, List.of(), "command", true))
        .doesNotContain("BatchMode=yes")
        .startsWith("/usr/bin/ssh");
  }

  @Test
  void another_remote_shell_gets_what_rsh_takes() {
    assertThat(
            SshArguments.ofShell(
                List.of("/opt/shell", "-q"), new SshDestination("me@old"), "command x"))
        .containsExactly("/opt/shell", "-q", "-l", "me", "old", "command x");
    assertThat(SshArguments.ofShell(List.of("rsh"), new SshDestination("old"), "command"))
        .containsExactly("rsh", "old", "command");
  }
}
