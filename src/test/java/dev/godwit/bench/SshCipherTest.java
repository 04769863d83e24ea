package dev.godwit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SshCipherTest {
  @Test
  void the_question_has_the_options_that_say_how_the_host_is_reached_and_no_others() {
    assertThat(
            SshCipher.question(
                List.of("ssh", "-F", "c", "-o", "A=1", "-N", "-L", "1:h:2", "-o", "B=2", "far")))
        .containsExactly("ssh", "-v", "-F", "c", "-o", "A=1", "-o", "B=2", "far", "true");
  }

  @Test
  void what_follows_the_options_is_no_option_of_ssh() {
    assertThat(
            SshCipher.question(
                List.of("/usr/bin/ssh", "-T", "-o", "A=1", "--", "far", "a", "-o", "b")))
        .containsExactly("/usr/bin/ssh", "-v", "-o", "A=1", "far", "true");
  }

  @Test
  void the_cipher_is_the_one_of_what_the_client_sends() {
    assertThat(
            SshCipher.said(
                """
                debug1: kex: host key algorithm: ssh-ed25519
                debug1: kex: server->client cipher: aes256-ctr MAC: umac-64@openssh.com compression: none
                debug1: kex: client->server cipher: aes128-gcm@openssh.com MAC: <implicit> compression: none
                """))
        .isEqualTo("aes128-gcm@openssh.com");
    assertThat(SshCipher.said("ssh: connect to host far port 1: refused")).isEqualTo("unknown");
  }
}
