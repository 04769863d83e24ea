package dev.godwit.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("lab")
class TreeComparisonTest {
  private static final List<String> FOLDERS = List.of(Fill.MAIL, Fill.SITE, Fill.NOTES);
  private static Lab lab;

  @BeforeAll
  static void up() throws Exception {
    lab = Lab.start(LabOptions.forFiles(100));
    new LabServices(lab).install();
    new Fill(lab.old(), 1).write(100, true);
    lab.old()
        .must(
            "bash",
            "-ec",
            """
            cd /var/vmail; mkdir -p watch-a/new watch-a/cur watch-a/tmp; echo mail >watch-a/new/1.M1.old
            echo index >watch-a/dovecot-uidlist; chown -R vmail:vmail watch-a
            echo 'note-0 text' >/srv/notes/notes.log
            """);
    for (String folder : FOLDERS) {
      lab.neu().must("mkdir", "-p", "/perfect" + folder);
      lab.neu()
          .must(
              "rsync",
              "-aHAX",
              "--modify-window=-1",
              "root@old:" + folder + "/",
              "/perfect" + folder + "/");
    }
  }

  @AfterAll
  static void down() {
    lab.close();
  }

  /** The perfect copy, made once by rsync, put back before each test. */
  @BeforeEach
  void copy() throws Exception {
    StringBuilder work = new StringBuilder();
    for (String folder : FOLDERS) {
      work.append("mkdir -p %1$s; find %1$s -mindepth 1 -delete;".formatted(folder));
      work.append("cp -a /perfect%1$s/. %1$s/;".formatted(folder));
    }
    lab.neu().must("bash", "-ec", work.toString());
  }

  @Test
  void equal_trees_are_equal() throws Exception {
    TreeComparison comparison = TreeComparison.of(lab.old(), lab.neu(), FOLDERS);
    assertThat(comparison.examples()).isEmpty();
    assertThat(comparison.different()).isZero();
    assertThat(comparison.files()).isGreaterThan(100);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "printf x | dd of=/srv/www/index.html bs=1 seek=3 conv=notrunc",
        "rm \"/srv/www/odd/line one\"*",
        "chmod 0600 /srv/www/index.html",
        "chown 7:7 /srv/www/index.html",
        "chown 7 /var/vmail/anna",
        "touch -d '2001-02-03 04:05:06.123456788' /srv/www/odd/empty",
        "touch -h -d 2020-01-01 /srv/www/odd/soft",
        "rm /srv/www/odd/soft; ln -s elsewhere /srv/www/odd/soft",
        "cd /srv/www/odd; cp -p hard-one x1; mv x1 hard-two",
        "rm /srv/www/odd/queue; echo >/srv/www/odd/queue",
        "echo >/srv/www/odd/more",
        "echo changed >/srv/notes/notes.log",
        ": >/srv/notes/notes.log",
        "rm /var/vmail/watch-a/new/1.M1.old",
        "echo other >/var/vmail/watch-a/new/1.M1.old",
        "cd /var/vmail/anna; for f in cur/*; do mv $f new/; break; done",
        "rm -r /var/vmail/watch-a/tmp",
        "setfacl -b /srv/www/odd/listed",
        "setfacl -d -m u:1:r /srv/www/odd/inherited",
        "setfacl -m u:1:r /srv/www/odd/inherited/without",
        "setfattr -x security.capability /srv/www/odd/program",
        "setfattr -n trusted.origin -v 0x00ff0b /srv/www/odd/deep",
        "setfattr -h -x trusted.link /srv/www/odd/soft",
        "cd /srv/www/odd; rm device; mknod device c 1 5",
      })
  void each_planted_difference_is_found(String change) throws Exception {
    lab.neu().must("bash", "-ec", change);
    TreeComparison comparison = TreeComparison.of(lab.old(), lab.neu(), FOLDERS);
    assertThat(comparison.different()).as(change).isPositive();
  }

  @Test
  void same_size_and_time_but_one_byte_other_is_found() throws Exception {
    lab.neu()
        .must(
            "bash",
            "-ec",
            "cd /srv/www; cp -p index.html /x; printf X | dd of=index.html bs=1 conv=notrunc;"
                + " touch -r /x index.html; touch -r /x index.html");
    TreeComparison comparison = TreeComparison.of(lab.old(), lab.neu(), FOLDERS);
    assertThat(comparison.examples()).hasSize(1).allMatch(text -> text.contains("content"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "echo 'note-1 more' >>/srv/notes/notes.log",
        "cd /var/vmail/watch-a; mv new/1.M1.old cur/1.M1.old:2,S",
        "cd /var/vmail/watch-a; echo more >dovecot-uidlist; echo x >dovecot.index.log",
        "cd /var/vmail/watch-a; echo mail >new/2.M2.new",
        "cd /var/vmail; mkdir -p probe/new; echo >probe/new/1.probe",
      })
  void what_a_serving_host_may_change_is_no_difference(String change) throws Exception {
    lab.neu().must("bash", "-ec", change);
    TreeComparison comparison = TreeComparison.of(lab.old(), lab.neu(), FOLDERS);
    assertThat(comparison.examples()).isEmpty();
  }
}
