package dev.godwit.draft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.host.HostFacts;
import dev.godwit.host.MountBelow;
import dev.godwit.linux.Names;
import dev.godwit.mirror.MountChoice;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedService;
import dev.godwit.service.Check;
import dev.godwit.service.Control;
import dev.godwit.service.Queue;
import dev.godwit.survey.Launchers;
import dev.godwit.survey.MailQueues;
import dev.godwit.survey.MailQueues.MailQueue;
import dev.godwit.survey.Running;
import dev.godwit.survey.Running.Listener;
import dev.godwit.survey.Running.Proc;
import dev.godwit.survey.Settings;
import dev.godwit.survey.Settings.Mention;
import dev.godwit.survey.Surroundings;
import dev.godwit.survey.Tree;
import dev.godwit.sync.Excludes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plans written from what a host might say; each is read again as the plan that it is. */
final class DraftTest {
  @TempDir Path folder;

  private final List<Listener> listeners = new ArrayList<>();
  private final List<Proc> processes = new ArrayList<>();
  private final List<Mention> mentions = new ArrayList<>();
  private final Map<String, Tree> trees = new HashMap<>();
  private List<Launchers.Launcher> launchers = List.of();
  private final List<MailQueue> queues = new ArrayList<>();
  private String hostname = "mail.example.org";

  private String draft() {
    return Draft.of(
        new Answers(
            "root@old",
            List.of(),
            new Surroundings(
                new HostFacts(hostname, "6.1", "", "", "", 0, "25", "amd64", 0, List.of()),
                false,
                List.of(new Surroundings.Address("203.0.113.10", 24, "eth0")),
                "",
                false,
                List.of(),
                List.of(),
                0,
                ""),
            new Running(listeners, processes, List.of(), true),
            new Settings(mentions, List.of(), List.of(), true),
            new Launchers(true, launchers),
            new MailQueues(queues),
            trees));
  }

  private Plan plan() throws Exception {
    Path file = folder.resolve("move.yaml");
    Files.writeString(file, draft());
    return Plan.read(file);
  }

  private void process(int pid, int parent, String program, String unit, String... writes) {
    String command = program.substring(program.lastIndexOf('/') + 1);
    processes.add(
        new Proc(pid, parent, 0, command, program, unit, "", List.of(command), List.of(writes)));
  }

  private void listens(int pid, String address, int port) {
    listeners.add(new Listener("tcp", address, port, List.of(pid)));
  }

  private void says(String server, Settings.Kind kind, String value) {
    mentions.add(new Mention(server, "/etc/" + server + ".conf", 1, kind.name(), "word", value));
  }

  private List<MountBelow> mounts = List.of();

  private void tree(String path, Tree.Database... databases) {
    Tree.Measured measured =
        new Tree.Measured(
            true,
            0,
            10,
            2,
            1 << 20,
            12,
            1 << 19,
            Tree.Lately.UNKNOWN,
            1,
            Tree.Linked.NONE,
            List.of(),
            List.of(),
            List.of(databases),
            List.of(),
            "",
            "",
            "",
            "",
            "");
    trees.put(
        path,
        new Tree(
            path,
            true,
            true,
            false,
            "",
            "ext4",
            "",
            true,
            List.of(),
            1,
            false,
            0,
            0,
            0,
            true,
            true,
            true,
            true,
            false,
            false,
            "fanotify",
            mounts,
            measured));
  }

  /** A mail server with everything: units, workers, a database, a queue. */
  private void mailServer() {
    process(1, 0, "/usr/lib/systemd/systemd", "");
    process(22, 1, "/usr/sbin/sshd", "ssh.service");
    listens(22, "0.0.0.0", 22);
    process(30, 1, "/usr/sbin/dovecot", "dovecot.service");
    process(31, 30, "/usr/lib/dovecot/imap-login", "dovecot.service");
    listens(31, "0.0.0.0", 143);
    listens(31, "0.0.0.0", 993);
    process(40, 1, "/usr/lib/postfix/sbin/master", "postfix@-.service");
    listens(40, "203.0.113.10", 25);
    process(50, 1, "/usr/sbin/mariadbd", "mariadb.service", "/var/lib/mysql/ibdata1");
    listens(50, "127.0.0.1", 3306);
    process(60, 1, "/usr/bin/indexer", "indexer.service", "/var/vmail/index/x");
    says("dovecot", Settings.Kind.DATA, "/var/vmail");
    says("dovecot", Settings.Kind.DATA, "/var/vmail/index");
    says("dovecot", Settings.Kind.DATA, "/etc/dovecot");
    says("postfix", Settings.Kind.NAME, "mail.example.org");
    says("nginx", Settings.Kind.NAME, "not.served.example.org");
    tree("/var/vmail");
    tree("/var/vmail/index");
    tree("/var/lib/mysql", new Tree.Database("MariaDB or MySQL", "/var/lib/mysql", "ibdata1"));
  }

  @Test
  void a_mail_server() throws Exception {
    mailServer();
    Plan plan = plan();
    assertThat(plan.move()).isEqualTo("mail");
    assertThat(plan.files())
        .extracting(FileTree::path)
        .containsExactlyInAnyOrder("/var/lib/mysql", "/var/vmail");
    assertThat(plan.databases()).extracting(each -> each.data()).containsExactly("/var/lib/mysql");
    assertThat(plan.services())
        .extracting(each -> each.service().control())
        .as("the store first, the transfer agent after it; so it is stopped before it")
        .containsSubsequence(
            new Control.Unit("dovecot.service"),
            new Control.Unit("postfix@-.service"),
            new Control.Unit("indexer.service"));
    assertThat(plan.services())
        .extracting(each -> each.service().ports())
        .contains(List.of(3306), List.of(143, 993));
    assertThat(draft())
        .contains("  - mariadb: /var/lib/mysql\n    mode: cold\n    unit: mariadb.service\n")
        .contains("    ports: [3306]")
        .contains("  #   check: { command: [mariadb-admin, ping] }")
        .contains("  #   check: { smtp: 25 }")
        .contains("queue: postfix")
        .contains("floating: 203.0.113.10/24, interface: eth0")
        .contains("#   mail.example.org")
        .contains("port 22: sshd")
        .doesNotContain("not.served");
  }

  /**
   * What is proposed becomes part of the plan when its mark is taken away, and every port has one.
   */
  @Test
  void proposed_checks_are_checks_of_a_plan() throws Exception {
    process(1, 0, "/usr/lib/systemd/systemd", "");
    process(30, 1, "/usr/sbin/dovecot", "dovecot.service");
    List.of(110, 143, 993, 995, 4190).forEach(port -> listens(30, "0.0.0.0", port));
    process(40, 1, "/usr/sbin/exim4", "exim4.service");
    List.of(25, 465, 587).forEach(port -> listens(40, "0.0.0.0", port));
    process(50, 1, "/usr/sbin/nginx", "nginx.service");
    List.of(80, 443).forEach(port -> listens(50, "0.0.0.0", port));
    process(60, 1, "/usr/sbin/slapd", "slapd.service");
    listens(60, "0.0.0.0", 389);
    tree("/var/vmail");
    says("dovecot", Settings.Kind.DATA, "/var/vmail");
    String proposed = draft();
    assertThat(proposed).doesNotContain("tcp: 389");
    Path file = folder.resolve("checked.yaml");
    Files.writeString(
        file,
        proposed.replace("  #   check:", "    check:").replaceAll("(?m)^  #     - ", "      - "));
    assertThat(Plan.read(file).services())
        .flatExtracting(each -> each.service().checks())
        .extracting(Check::display)
        .containsExactlyInAnyOrder(
            "pop3 110 as NAME",
            "imap 143 as NAME",
            "imap 993 as NAME",
            "pop3 995 as NAME",
            "tcp 4190",
            "smtp 25",
            "smtp 465",
            "smtp 587",
            "http http://localhost/",
            "http https://localhost/",
            "tcp 389");
  }

  @Test
  void the_queue_of_a_mail_transfer_agent_moves_with_it_and_is_no_tree() throws Exception {
    mailServer();
    says("postfix", Settings.Kind.DATA, "/var/spool/postfix");
    tree("/var/spool/postfix");
    tree("/var/spool/postfix/active");
    process(
        41, 40, "/usr/lib/postfix/sbin/qmgr", "postfix@-.service", "/var/spool/postfix/active/1");
    queues.add(
        new MailQueue("postfix", "/var/spool/postfix", "process 40 works there", List.of(40)));
    queues.add(new MailQueue("exim", "/var/spool/exim", "another host's", List.of(4711)));
    assertThat(plan().services())
        .extracting(PlannedService::queue)
        .containsExactly(
            null,
            null,
            new Queue(Queue.Kind.POSTFIX, "/var/spool/postfix", Queue.DEFAULT_DRAIN),
            null);
    assertThat(plan().files())
        .as("the tree of the queue is the service's")
        .extracting(FileTree::path)
        .containsExactlyInAnyOrder("/var/vmail", "/var/spool/postfix", "/var/lib/mysql");
    assertThat(draft()).contains("accepted and not delivered: process 40 works there");
  }

  @Test
  void a_queue_at_another_place_is_written_with_its_directory() throws Exception {
    for (String server : List.of("exim4", "sendmail")) {
      processes.clear();
      listeners.clear();
      queues.clear();
      process(1, 0, "/sbin/init", "");
      process(30, 1, "/usr/sbin/dovecot", "dovecot.service");
      listens(30, "0.0.0.0", 143);
      process(40, 1, "/usr/sbin/" + server, server + ".service");
      listens(40, "0.0.0.0", 25);
      Queue.Kind kind = server.equals("exim4") ? Queue.Kind.EXIM : Queue.Kind.SENDMAIL;
      queues.add(new MailQueue(kind.word(), "/srv/a queue", "because", List.of(40)));
      assertThat(plan().services())
          .as("after the store that it delivers to")
          .extracting(PlannedService::queue)
          .containsExactly(null, new Queue(kind, "/srv/a queue", Queue.DEFAULT_DRAIN));
    }
  }

  @Test
  void a_queue_of_which_something_is_unclear_is_a_question() throws Exception {
    mailServer();
    assertThat(plan().services()).extracting(PlannedService::queue).containsOnlyNulls();
    assertThat(draft()).contains("#   queue: postfix   # where is what waits in its queue?");
    queues.add(new MailQueue("postfix", "/var/vmail/queue", "because", List.of(40)));
    assertThat(plan().services()).extracting(PlannedService::queue).containsOnlyNulls();
    assertThat(draft()).contains("it lies in a tree of `files`");
    queues.clear();
    queues.add(new MailQueue("postfix", "/srv/one", "because", List.of(40)));
    queues.add(new MailQueue("postfix", "/srv/two", "because", List.of(40)));
    assertThat(plan().services())
        .extracting(PlannedService::queue)
        .filteredOn(queue -> queue != null)
        .extracting(Queue::path)
        .containsExactly("/srv/one");
    assertThat(draft())
        .contains("#   queue: { postfix: /srv/two }   # a service of the plan has one");
  }

  @Test
  void h25_what_is_mounted_below_a_tree_is_named() throws Exception {
    mounts =
        List.of(
            new MountBelow("all", "ext4", true),
            new MountBelow("b\u00c3\u00bc", "xfs", true),
            new MountBelow("jail/[x]/proc", "proc", false));
    mailServer();
    assertThat(plan().files())
        .contains(
            new FileTree(
                "/var/vmail",
                "/var/vmail",
                List.of("/jail/\\[x\\]/proc"),
                new MountChoice(List.of("all", "b\u00c3\u00bc"), false)));
    assertThat(draft()).contains("#   b\u00fc (xfs)", "#   jail/[x]/proc (proc)");
    assertThat(
            Excludes.leaveOut(
                plan().files().getFirst().exclude(),
                Names.of("/var/vmail"),
                Names.of("jail/[x]/proc")))
        .isTrue();
  }

  @Test
  void h70_a_database_is_never_among_the_files() throws Exception {
    mailServer();
    says("dovecot", Settings.Kind.DATA, "/var/lib/mysql/sub");
    tree("/var/lib/mysql/sub");
    assertThat(draft().substring(draft().indexOf("files:"), draft().indexOf("services:")))
        .contains("- /var/vmail")
        .doesNotContain("mysql");
    assertThat(plan().files())
        .extracting(FileTree::path)
        .as("the second is the database's")
        .containsExactlyInAnyOrder("/var/vmail", "/var/lib/mysql");
  }

  @Test
  void a_database_that_nobody_knows_how_to_stop_is_a_question() throws Exception {
    mailServer();
    processes.removeIf(process -> process.pid() == 50);
    process(50, 1, "/usr/sbin/mariadbd", "", "/var/lib/mysql/ibdata1");
    assertThat(plan().databases()).isEmpty();
    assertThat(plan().files()).extracting(FileTree::path).containsExactly("/var/vmail");
    assertThat(draft())
        .contains("# databases:\n", "  # - mariadb: /var/lib/mysql\n")
        .contains("state: […]   # how is it started and stopped?");
  }

  /** Such as a lock: new makes its own. */
  @Test
  void marks_of_a_running_process_are_no_data() throws Exception {
    mailServer();
    tree("/var/lib/postfix");
    tree("/srv/thing");
    process(
        41,
        40,
        "/usr/lib/postfix/sbin/master",
        "postfix@-.service",
        "/var/lib/postfix/master.lock",
        "/srv/thing/thing.pid");
    assertThat(draft()).doesNotContain("/var/lib/postfix", "/srv/thing");
  }

  @Test
  void a_script_of_a_package_is_known_by_its_name() throws Exception {
    mailServer();
    processes.removeIf(process -> process.pid() == 40 || process.pid() == 50);
    process(40, 1, "/usr/lib/postfix/sbin/master", "");
    process(50, 1, "/usr/sbin/mariadbd", "", "/var/lib/mysql/ibdata1");
    launchers =
        List.of(
            new Launchers.Launcher("/etc/init.d/postfix", "status", List.of("/usr/sbin/postfix")),
            new Launchers.Launcher("/etc/init.d/mysql", "status", List.of("/usr/bin/mysqld_safe")));
    assertThat(plan().services())
        .extracting(each -> each.service().control())
        .contains(new Control.Script("postfix"), new Control.Script("mysql"));
  }

  @Test
  void what_cannot_be_controlled_is_a_question() throws Exception {
    mailServer();
    process(70, 1, "/opt/thing", "");
    listens(70, "0.0.0.0", 7000);
    processes.add(
        new Proc(
            80, 1, 0, "node", "/usr/bin/node", "", "0123456789ab", List.of("node"), List.of()));
    listens(80, "0.0.0.0", 8000);
    assertThat(plan().services()).hasSize(4);
    assertThat(draft())
        .contains("# - name: thing")
        .contains("How is it started and stopped?")
        .contains("It runs in a container (0123456789ab)");
  }

  @Test
  void a_script_that_names_the_program_controls_it() throws Exception {
    process(1, 0, "/sbin/init", "");
    processes.add(
        new Proc(
            70,
            1,
            0,
            "java",
            "/usr/bin/java",
            "",
            "",
            List.of("java", "-jar", "/opt/a.jar"),
            List.of()));
    listens(70, "::", 7000);
    launchers =
        List.of(
            new Launchers.Launcher("/etc/init.d/other", "status", List.of("/usr/bin/java")),
            new Launchers.Launcher("/opt/etc/a", "status", List.of("/opt/a.jar")));
    assertThat(plan().services().getFirst().service().control())
        .as("the interpreter says nothing")
        .isEqualTo(
            new Control.Commands(
                List.of("/opt/etc/a", "start"),
                List.of("/opt/etc/a", "stop"),
                List.of("/opt/etc/a", "status")));
  }

  @Test
  void a_host_without_services_gets_a_plan_to_fill_in() throws Exception {
    process(1, 0, "/sbin/init", "");
    assertThat(plan().services()).hasSize(1);
    assertThat(draft())
        .contains(
            "  # Nobody listens on an address that clients could reach. What is it that moves?");
    process(70, 1, "/opt/thing", "");
    listens(70, "0.0.0.0", 7000);
    assertThat(plan().services()).hasSize(1);
    assertThat(draft())
        .contains("# - name: thing")
        .contains("  # None of them can be moved before its question is answered. What is it that")
        .doesNotContain("Nobody listens");
  }

  /** A host may say anything; the plan stays a plan, and a comment stays one line. */
  @Test
  void h46_odd_names_do_not_break_the_plan() throws Exception {
    hostname = "-_\n- x: y";
    process(1, 0, "/sbin/init", "");
    process(30, 1, "/usr/sbin/dovecot", "dovecot.service", "/srv/a: \"b\"\n/x");
    listens(30, "0.0.0.0", 143);
    says("dovecot", Settings.Kind.DATA, "/srv/yes # no");
    tree("/srv/yes # no");
    assertThat(plan().files()).extracting(FileTree::path).containsExactly("/srv/yes # no");
  }

  @Test
  void values_are_quoted_where_they_must_be() {
    assertThat(Yaml.scalar("yes")).isEqualTo("\"yes\"");
    assertThat(Yaml.list(List.of("/a", "b c", "x\"y"))).isEqualTo("[/a, \"b c\", \"x\\\"y\"]");
  }
}
