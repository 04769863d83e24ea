package dev.godwit.survey;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.survey.MailQueues.MailQueue;
import dev.godwit.survey.Running.Proc;
import dev.godwit.survey.Settings.Kind;
import dev.godwit.survey.Settings.Mention;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where queues are found, on hosts that are made up; {@code QueueMoveTest} has a real Postfix. */
final class MailQueuesTest {
  @TempDir Path folder;

  private final List<Proc> processes = new ArrayList<>();
  private final List<Mention> mentions = new ArrayList<>();

  @BeforeEach
  void realFolder() throws IOException {
    folder = folder.toRealPath();
  }

  private List<MailQueue> queues() {
    return MailQueuesReader.of(
            new Running(List.of(), processes, List.of(), true),
            new Settings(mentions, List.of(), List.of(), true),
            folder.resolve("proc"))
        .queues();
  }

  private void process(int pid, String program, String container, String... arguments) {
    processes.add(new Proc(pid, 1, 0, "x", program, "", container, List.of(arguments), List.of()));
  }

  private void worksIn(int pid, Path directory) throws IOException {
    Path process = Files.createDirectories(folder.resolve("proc/" + pid));
    Files.createSymbolicLink(process.resolve("cwd"), directory);
  }

  private Path queue(String name, String... holds) throws IOException {
    Path queue = Files.createDirectories(folder.resolve(name));
    for (String each : holds) {
      Files.createDirectory(queue.resolve(each));
    }
    return queue;
  }

  private void says(String server, String word, Path path) {
    mentions.add(new Mention(server, "/etc/" + server, 3, Kind.DATA.name(), word, path.toString()));
  }

  @Test
  void h62_a_daemon_that_works_in_its_queue_is_believed_before_its_configuration()
      throws Exception {
    Path one = queue("one", "active", "maildrop");
    Path two = queue("two", "active", "maildrop");
    says("postfix", "queue_directory", queue("three", "active", "maildrop"));
    process(10, "/usr/lib/postfix/sbin/master", "", "/usr/lib/postfix/sbin/master", "-w");
    process(20, "/usr/libexec/postfix/master (deleted)", "", "master", "-c", "/etc/postfix-two");
    process(11, "/usr/lib/postfix/sbin/qmgr", "", "qmgr");
    worksIn(10, one);
    worksIn(20, two);
    worksIn(11, one);
    assertThat(queues())
        .as("each instance has one")
        .containsExactly(
            new MailQueue("postfix", one.toString(), "process 10 works there", List.of(10)),
            new MailQueue("postfix", two.toString(), "process 20 works there", List.of(20)));
  }

  @Test
  void the_configuration_says_it_where_the_daemon_works_elsewhere() throws Exception {
    Path exim = queue("exim", "input");
    Path link = Files.createSymbolicLink(folder.resolve("link"), exim);
    Path sendmail = queue("mqueue");
    says("exim", "log_file_path", queue("other", "input"));
    says("exim", "spool_directory", queue("no-queue"));
    says("exim", "spool_directory", link);
    says("sendmail", "queuedirectory", sendmail);
    process(10, "/usr/sbin/exim4", "", "/usr/sbin/exim4", "-bd", "-q30m");
    process(12, "/usr/sbin/exim4", "", "/usr/sbin/exim4", "-q15m");
    process(20, "/usr/libexec/sendmail/sendmail", "", "sendmail: MTA: accepting connections");
    worksIn(10, folder);
    worksIn(20, folder);
    assertThat(queues())
        .containsExactly(
            new MailQueue("exim", exim.toString(), "/etc/exim:3 says so", List.of(10, 12)),
            new MailQueue("sendmail", sendmail.toString(), "/etc/sendmail:3 says so", List.of(20)));
  }

  @Test
  void h62_an_exim_that_has_had_no_mail_yet_works_in_an_empty_directory() throws Exception {
    Path exim = queue("exim");
    process(10, "/usr/sbin/exim4", "", "/usr/sbin/exim4", "-q", "30m");
    worksIn(10, exim);
    assertThat(queues())
        .containsExactly(
            new MailQueue("exim", exim.toString(), "process 10 works there", List.of(10)));
  }

  /** Its daemon, and the one that passes on what users gave to it. */
  @Test
  void h62_sendmail_works_in_its_queue_and_may_have_two() throws Exception {
    Path main = queue("mqueue", "q1", "q2");
    Path client = queue("mqueue-client");
    Files.writeString(client.resolve("qf6AM688vX000306"), "x");
    says("sendmail", "queuedirectory", queue("other"));
    String program = "/usr/libexec/sendmail/sendmail";
    process(20, program, "", "sendmail: MTA: accepting connections");
    process(30, program, "", "sendmail: Queue runner@00:10:00 for " + client);
    worksIn(20, main);
    worksIn(30, client);
    assertThat(queues())
        .containsExactly(
            new MailQueue("sendmail", main.toString(), "process 20 works there", List.of(20)),
            new MailQueue("sendmail", client.toString(), "process 30 works there", List.of(30)));
  }

  @Test
  void one_that_is_found_nowhere_is_told_all_the_same() {
    process(10, "/usr/sbin/exim4", "", "/usr/sbin/exim4", "-bd");
    boolean isUsual =
        List.of("/var/spool/exim4/input", "/var/spool/exim/input").stream()
            .anyMatch(path -> Files.isDirectory(Path.of(path)));
    assertThat(queues())
        .singleElement()
        .extracting(MailQueue::isFound)
        .as("as on this host itself")
        .isEqualTo(isUsual);
  }

  @Test
  void what_only_sends_a_mail_or_runs_in_a_container_has_no_queue_here() throws Exception {
    Path queue = queue("queue", "active", "maildrop", "input");
    says("sendmail", "queuedirectory", queue);
    process(10, "/usr/sbin/sendmail", "", "/usr/sbin/sendmail", "-t", "-i");
    process(11, "/usr/sbin/exim4", "", "/usr/sbin/exim4", "-Mc", "1abcde-000001-00");
    process(12, "/usr/lib/postfix/sbin/smtpd", "", "smtpd", "-n", "smtp");
    process(13, "/usr/lib/postfix/sbin/master", "0123456789ab", "master");
    for (int pid = 10; pid <= 13; pid++) {
      worksIn(pid, queue);
    }
    assertThat(queues()).isEmpty();
  }

  @Test
  void the_configuration_of_sendmail_names_its_queue() {
    ConfigurationWords.Server sendmail =
        ConfigurationWords.SERVERS.stream()
            .filter(server -> server.name().equals("sendmail"))
            .findFirst()
            .orElseThrow();
    String text =
        """
        # queue directory
        O QueueDirectory=/srv/mqueue/q*
        O HelpFile=/etc/mail/helpfile
        """;
    assertThat(ConfigurationWords.mentions(sendmail, "/etc/mail/sendmail.cf", text))
        .containsExactly(
            new Mention(
                "sendmail",
                "/etc/mail/sendmail.cf",
                2,
                Kind.DATA.name(),
                "queuedirectory",
                "/srv/mqueue"));
  }
}
