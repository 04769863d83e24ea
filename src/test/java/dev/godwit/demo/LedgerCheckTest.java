package dev.godwit.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerCheckTest {
  private @TempDir Path folder;
  private final Ledger ledger = new Ledger();
  private Path notes;
  private Path mails;

  @BeforeEach
  void writes() throws Exception {
    notes = folder.resolve("notes.log");
    Files.writeString(notes, "note-0-0 text\nnote-0-1 text\nnote-1-0 text\n");
    mails = folder.resolve("mail");
    mail("watch-a/cur/1:2,S", "watch-a-0");
    mail("watch-b/new/1", "watch-b-0");
    ledger.noteAcknowledged("note-0-0");
    ledger.noteAcknowledged("note-0-1");
    ledger.mailAcknowledged("watch-a-0");
    ledger.mailAcknowledged("watch-b-0");
  }

  @Test
  void a_write_without_an_answer_may_be_there() throws Exception {
    LedgerCheck check = LedgerCheck.of(ledger, notes, mails);
    assertThat(check.acknowledged()).isEqualTo(4);
    assertThat(check.lost()).isZero();
    assertThat(check.duplicated()).isZero();
  }

  @Test
  void lost_writes_are_found() throws Exception {
    Files.writeString(notes, "note-0-0 text\n");
    Files.delete(mails.resolve("watch-b/new/1"));
    LedgerCheck check = LedgerCheck.of(ledger, notes, mails);
    assertThat(check.lost()).isEqualTo(2);
    assertThat(check.examples()).anyMatch(text -> text.contains("note-0-1"));
  }

  @Test
  void an_id_that_is_part_of_another_does_not_hide_a_loss() throws Exception {
    Files.writeString(notes, "note-0-0 text\nnote-0-11 text\n");
    assertThat(LedgerCheck.of(ledger, notes, mails).lost()).isEqualTo(1);
  }

  @Test
  void duplicates_are_found_in_both_folders_of_a_mailbox() throws Exception {
    Files.writeString(notes, "note-0-0 text\nnote-0-1 text\nnote-0-0 text\n");
    mail("watch-a/new/1", "watch-a-0");
    assertThat(LedgerCheck.of(ledger, notes, mails).duplicated()).isEqualTo(2);
  }

  @Test
  void everything_is_lost_when_nothing_is_there() throws Exception {
    Path nowhere = folder.resolve("nowhere");
    assertThat(LedgerCheck.of(ledger, nowhere, nowhere).lost()).isEqualTo(4);
  }

  private void mail(String path, String marker) throws Exception {
    Path file = mails.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "Subject: x\r\nX-Demo-Marker: " + marker + "\r\n\r\ntext\r\n");
  }
}
