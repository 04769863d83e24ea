package dev.godwit.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class MailboxesTest {
  private static Mailboxes inbox(long validity, long next, String uids) {
    return new Mailboxes("anna", List.of(new Mailboxes.Mailbox("INBOX", validity, next, uids)));
  }

  @Test
  void uids_are_ranges() {
    assertThat(Mailboxes.ranges(List.of())).isEmpty();
    assertThat(Mailboxes.ranges(List.of(7L))).isEqualTo("7");
    assertThat(Mailboxes.ranges(List.of(1L, 2L, 3L, 5L, 4_294_967_294L, 4_294_967_295L)))
        .isEqualTo("1:3,5,4294967294:4294967295");
  }

  @Test
  void the_same_and_what_came_later_is_no_difference() {
    Mailboxes before = inbox(9, 6, "1:3,5");
    assertThat(before.differencesTo(before)).isEmpty();
    assertThat(before.differencesTo(inbox(9, 8, "1:3,5:7"))).isEmpty();
    assertThat(inbox(9, 1, "").differencesTo(inbox(9, 3, "2"))).isEmpty();
  }

  @Test
  void each_difference_is_told() {
    Mailboxes before = inbox(9, 6, "1:3,5");
    assertThat(before.differencesTo(new Mailboxes("anna", List.of())))
        .containsExactly("INBOX of anna is missing");
    assertThat(before.differencesTo(inbox(8, 6, "1:3,5")))
        .containsExactly("INBOX of anna has UIDVALIDITY 8 instead of 9");
    assertThat(before.differencesTo(inbox(9, 6, "1:4")))
        .containsExactly("INBOX of anna has other UIDs: 1:4 instead of 1:3,5");
    assertThat(before.differencesTo(inbox(9, 8, "5:7")))
        .containsExactly("INBOX of anna has other UIDs: 5 instead of 1:3,5");
    assertThat(before.differencesTo(inbox(9, 5, "1:3,5")))
        .hasSize(1)
        .first()
        .asString()
        .contains("UIDNEXT 5, which was 6");
  }

  /** A server that looks at an empty data directory lets everybody in, and has no mail. */
  @Test
  void h63_an_empty_data_directory_differs_from_the_one_that_was_moved() {
    assertThat(inbox(9, 6, "1:3,5").differencesTo(inbox(1_772_330_400, 1, ""))).isNotEmpty();
    assertThat(inbox(9, 6, "1:3,5").differencesTo(inbox(9, 1, ""))).isNotEmpty();
  }

  @Test
  void what_was_removed_since_then_is_no_difference_and_a_uid_of_another_mail_is_one() {
    Mailboxes before = inbox(9, 60, "1:30,50:55,59");
    assertThat(before.differencesAfter(before)).isEmpty();
    assertThat(before.differencesAfter(inbox(9, 60, ""))).isEmpty();
    assertThat(before.differencesAfter(inbox(9, 70, "2,5:30,50,52:55,60:69"))).isEmpty();
    assertThat(before.differencesAfter(inbox(9, 60, "30:31")))
        .containsExactly("INBOX of anna has other UIDs: 30:31 instead of 1:30,50:55,59");
    assertThat(before.differencesAfter(inbox(9, 60, "29:51"))).hasSize(1);
    assertThat(inbox(9, 6, "3").differencesAfter(inbox(9, 6, "1"))).hasSize(1);
    assertThat(inbox(9, 6, "").differencesAfter(inbox(9, 6, "1"))).hasSize(1);
    assertThat(before.differencesAfter(inbox(8, 60, "1"))).hasSize(1);
    assertThat(before.differencesAfter(inbox(9, 59, "1"))).hasSize(1);
    assertThat(before.differencesAfter(new Mailboxes("anna", List.of()))).hasSize(1);
  }

  @Test
  void they_are_the_same_as_text() throws Exception {
    assertThat(Mailboxes.parse(inbox(9, 6, "1:3,5").text())).isEqualTo(inbox(9, 6, "1:3,5"));
  }

  @Test
  void they_are_the_same_after_the_wire() throws Exception {
    MessageWriter out = new MessageWriter();
    inbox(9, 6, "1:3,5").write(out);
    assertThat(Mailboxes.read(new MessageReader(out.toBytes()))).isEqualTo(inbox(9, 6, "1:3,5"));
  }
}
