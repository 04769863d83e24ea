package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SshTroubleTest {
  @Test
  void a_frame_round_a_warning_is_left_out_and_all_words_stay() {
    assertThat(
            SshTrouble.unframed(
                """
                @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
                @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r
                @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r
                IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
                root@old: write to you@example.org
                """))
        .isEqualTo(
            """
            WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!
            IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
            root@old: write to you@example.org""");
  }

  @Test
  void a_refused_password_is_not_one_that_nobody_could_be_asked_for() {
    String words = "you@far: Permission denied (publickey,password).";
    assertThat(SshTrouble.advice(words, "ssh far", true))
        .contains("no password that was typed", "`ssh far`");
    assertThat(SshTrouble.advice(words, "ssh far", false))
        .contains("cannot answer questions", "`ssh far`");
  }
}
