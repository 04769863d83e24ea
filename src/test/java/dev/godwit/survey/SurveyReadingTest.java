package dev.godwit.survey;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.host.Systemctl;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import dev.godwit.linux.Sockets;
import dev.godwit.survey.Running.Listener;
import dev.godwit.survey.Running.Proc;
import dev.godwit.survey.Settings.Job;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the readers of a survey make of files and texts. */
final class SurveyReadingTest {
  @TempDir Path folder;

  // ---- the wire

  @Test
  void facts_come_back_as_they_were() throws WireException {
    Running running =
        new Running(
            List.of(new Listener("tcp", "::", 80, List.of(7, 8))),
            List.of(new Proc(7, 1, 33, "n", "/n", "", "", List.of("n", "ü"), List.of("/x"))),
            List.of(new Running.OfKernel("/y", true, "clients write /y")),
            false);
    byte[] encoded = RecordCodec.encode(running);
    assertThat(RecordCodec.decode(Running.class, encoded)).isEqualTo(running);
    for (int i = 0; i < encoded.length; i++) {
      byte[] cut = Arrays.copyOf(encoded, i);
      assertThatThrownBy(() -> RecordCodec.decode(Running.class, cut))
          .isInstanceOf(WireException.class);
    }
  }

  // ---- processes

  @Test
  void the_unit_and_the_container_are_in_the_control_group() {
    assertThat(RunningReader.unit("0::/system.slice/nginx.service\n")).isEqualTo("nginx.service");
    assertThat(
            RunningReader.unit(
                "12:pids:/x/other.service\n1:name=systemd:/system.slice/a@b.service/sub\n"))
        .isEqualTo("a@b.service");
    assertThat(RunningReader.unit("0::/user.slice/session-1.scope\n")).isEmpty();
    String id = "0123456789abcdef".repeat(4);
    assertThat(RunningReader.container("0::/system.slice/docker-" + id + ".scope\n"))
        .isEqualTo("0123456789ab");
    assertThat(RunningReader.container("4:cpu:/docker/" + id + "\n")).isEqualTo("0123456789ab");
    assertThat(RunningReader.container("0::/lxc.payload.web/init.scope\n")).isEqualTo("web");
    assertThat(RunningReader.container("0::/system.slice/docker.service\n")).isEmpty();
  }

  @Test
  void a_family_is_the_master_its_workers_and_what_they_started() {
    Running running =
        new Running(
            List.of(new Listener("tcp", "0.0.0.0", 80, List.of(11))),
            List.of(
                proc(1, 0, "/sbin/init"),
                proc(10, 1, "/usr/sbin/nginx"),
                proc(11, 10, "/usr/sbin/nginx"),
                proc(12, 10, "/usr/sbin/nginx"),
                proc(13, 12, "/usr/bin/php"),
                proc(20, 1, "/usr/sbin/sshd")),
            List.of(),
            true);
    assertThat(running.family(l -> l.port() == 80, p -> false))
        .extracting(Proc::pid)
        .containsExactly(10, 11, 12, 13);
    assertThat(running.family(l -> false, p -> p.program().endsWith("sshd")))
        .extracting(Proc::pid)
        .containsExactly(20);
    Listener systemds = new Listener("tcp", "0.0.0.0", 25, List.of(1, 20));
    assertThat(
            new Running(List.of(systemds), running.processes(), List.of(), true)
                .family(l -> l.port() == 25, p -> false))
        .as("systemd listens for it")
        .extracting(Proc::pid)
        .containsExactly(20);
  }

  private static Proc proc(int pid, int parent, String program) {
    return new Proc(pid, parent, 0, "x", program, "", "", List.of(), List.of());
  }

  @Test
  void this_process_is_seen_by_its_child() throws Exception {
    Path file = folder.resolve("written");
    Process child = new ProcessBuilder("sh", "-c", "exec sleep 60 3>>" + file).start();
    try {
      TestingPatience.await(
          "the child", () -> find(child).filter(each -> !each.writes().isEmpty()).isPresent());
      Proc found = find(child).orElseThrow();
      assertThat(found.writes()).containsExactly(file.toRealPath().toString());
      assertThat(found.container()).isEmpty();
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  private static Optional<Proc> find(Process child) throws IOException {
    return RunningReader.read().processes().stream()
        .filter(each -> each.pid() == child.pid())
        .findFirst();
  }

  @Test
  void the_kernel_prints_addresses_in_words() {
    assertThat(RunningReader.address("0100007F")).isEqualTo("127.0.0.1");
    assertThat(RunningReader.address("00000000000000000000000001000000")).isEqualTo("::1");
  }

  @Test
  void addresses_are_short() throws IOException {
    for (String each :
        List.of("::", "::1", "fd67::2", "2001:db8:0:1::", "fe80::1:0:0:2", "1:2:3:4:5:6:7:8")) {
      assertThat(Sockets.display(InetAddress.getByName(each))).isEqualTo(each);
    }
  }

  @Test
  void an_address_of_a_link_is_shown_with_the_name_of_its_interface() throws Exception {
    int loopback = NetworkInterface.getByName("lo").getIndex();
    byte[] address = InetAddress.getByName("fe80::1").getAddress();

    assertThat(Sockets.display(Inet6Address.getByAddress(null, address, loopback)))
        .isEqualTo("fe80::1%lo");
    assertThat(Sockets.display(Inet6Address.getByAddress(null, address, Integer.MAX_VALUE)))
        .as("an interface that has gone")
        .isEqualTo("fe80::1%" + Integer.MAX_VALUE);
  }

  // ---- jobs

  @Test
  void cron_tables() {
    String text =
        """
        # a comment
        MAILTO=root
        17 *  * * *  vmail  /usr/local/bin/expunge --all
        @daily root cd / && run
        """;
    assertThat(Jobs.table("/etc/cron.d/m", text, ""))
        .containsExactly(
            new Job("/etc/cron.d/m:3", "vmail", "/usr/local/bin/expunge --all"),
            new Job("/etc/cron.d/m:4", "root", "cd / && run"));
    assertThat(
            Jobs.table("/var/spool/cron/crontabs/www-data", "*/5 * * * * php x.php\n", "www-data"))
        .containsExactly(new Job("/var/spool/cron/crontabs/www-data:1", "www-data", "php x.php"));
  }

  @Test
  void timers_and_what_they_start() {
    assertThat(
            Jobs.timers(
                Map.of(
                    "a.timer", "[Timer]\nOnCalendar=daily\n",
                    "a.service", "[Service]\nUser=vmail\nExecStart=/x /var/vmail\n"),
                ""))
        .containsExactly(new Job("a.timer", "vmail", "/x /var/vmail"));
    assertThat(Jobs.timers(Map.of("b.timer", "[Timer]\nUnit=c.service\n"), ""))
        .containsExactly(new Job("b.timer", "root", "c.service"));
  }

  @Test
  void timers_of_a_user() {
    assertThat(Jobs.timers(Map.of("a.timer", "", "a.service", "[Service]\nExecStart=/x\n"), "jane"))
        .containsExactly(new Job("a.timer of jane", "jane", "/x"));
  }

  @Test
  void timers_as_systemctl_shows_them() {
    List<Map<String, String>> started =
        Systemctl.parse(
            """
            ExecStart={ path=/bin/sh ; argv[]=/bin/sh -c a;b ; ignore_errors=no ; start_time=[n/a] ; status=0/0 }
            ExecStart={ path=/x ; argv[]=/x /var/vmail ; ignore_errors=yes ; pid=0 }
            User=vmail
            Id=real.service
            Names=real.service alias.service

            User=
            Id=bare.service
            Names=bare.service
            """);
    Map<String, String> timers = new LinkedHashMap<>();
    timers.put("a.timer", "alias.service");
    timers.put("b.timer", "bare.service");
    timers.put("c.timer", "gone.service");
    assertThat(TimersReader.jobs(timers, started))
        .containsExactly(
            new Job("a.timer", "vmail", "/bin/sh -c a;b\n/x /var/vmail"),
            new Job("b.timer", "root", "bare.service"),
            new Job("c.timer", "root", "gone.service"));
  }

  @Test
  void jobs_of_at() {
    String head =
        """
        #!/bin/sh
        # atrun uid=33 gid=33
        # mail www-data 0
        umask 22
        OLDPWD=/srv/www; export OLDPWD
        """;
    String change =
        """
        cd /home/www || {
        \t echo 'Execution directory inaccessible' >&2
        \t exit 1
        }
        """;
    assertThat(Jobs.at("/var/spool/cron/atjobs/a0000", head + change + "tidy /srv\nmore\n", "web"))
        .as("what was exported is no part of the command")
        .isEqualTo(new Job("/var/spool/cron/atjobs/a0000", "web", "tidy /srv\nmore\ncd /home/www"));
    assertThat(Jobs.at("/var/spool/at/a1", head + "tidy\n", "web").command()).isEqualTo("tidy");
    assertThat(Jobs.atUser(head)).isEqualTo(33);
    assertThat(Jobs.atUser("#!/bin/sh\ntidy\n")).as("not at's").isEqualTo(-1);
  }

  // ---- systemd

  @Test
  void units_as_systemctl_shows_them() {
    List<Units.Unit> units =
        UnitsReader.units(
            Systemctl.parse(
                """
            Id=real.service
            Names=other.service real.service
            Requires=system.slice a.service
            Requisite=a.service b.service
            BindsTo=
            Wants=c.service
            RequiredBy=d.service
            BoundBy=
            ConsistsOf=e.service
            TriggeredBy=real.socket
            LoadState=loaded
            ActiveState=activating
            LoadError=

            Id=gone.service
            Names=gone.service
            LoadState=not-found
            ActiveState=failed
            LoadError=org.freedesktop.systemd1.NoSuchUnit "Unit gone.service not found."
            """));
    assertThat(units)
        .containsExactly(
            new Units.Unit(
                List.of("real.service", "other.service"),
                "loaded",
                "",
                true,
                List.of("system.slice", "a.service", "b.service"),
                List.of("c.service"),
                List.of("d.service", "e.service"),
                List.of("real.socket")),
            new Units.Unit(
                List.of("gone.service"),
                "not-found",
                "Unit gone.service not found.",
                false,
                List.of(),
                List.of(),
                List.of(),
                List.of()));
    assertThat(Systemctl.parse("")).isEmpty();
  }

  @Test
  void h57_units_that_a_boot_starts() {
    List<String> asked =
        List.of("a.service", "alias.service", "b.service", "c.service", "d.service", "e.service");
    List<Map<String, String>> units =
        Systemctl.parse(
            """
            Id=a.service
            Names=a.service alias.service
            UnitFileState=enabled
            WantedBy=

            Id=b.service
            Names=b.service
            UnitFileState=generated
            WantedBy=graphical.target multi-user.target

            Id=c.service
            Names=c.service
            UnitFileState=disabled
            WantedBy=a.service
            RequiredBy=b.service
            TriggeredBy=c.timer

            Id=d.service
            Names=d.service
            UnitFileState=indirect
            TriggeredBy=d.timer d.socket
            """);
    List<Map<String, String>> triggers =
        Systemctl.parse(
            """
            Id=c.timer
            Names=c.timer
            UnitFileState=disabled

            Id=d.socket
            Names=d.socket
            UnitFileState=enabled
            """);
    assertThat(BootReader.started(asked, units, triggers))
        .containsExactly("a.service", "alias.service", "b.service", "d.service");
  }

  @Test
  void h57_init_scripts_that_a_boot_starts() throws IOException {
    for (String link :
        List.of(
            "rc2.d/S20nginx",
            "rc0.d/K20nginx",
            "rc3.d/K20gone",
            "rc.d/rc5.d/S99x-y",
            "rc3.d/godwit-fence.S01fenced",
            "rc3.d/godwit-fence.K01stopped",
            "rc3.d/x.S01other",
            "rc3.d/S01",
            "rc1.d/S01single")) {
      Path path = folder.resolve("etc").resolve(link);
      Files.createDirectories(Objects.requireNonNull(path.getParent()));
      Files.createSymbolicLink(path, Path.of("../init.d/x"));
    }
    assertThat(BootReader.scripts(folder.resolve("etc")))
        .containsExactlyInAnyOrder("nginx", "x-y", "fenced");
    assertThat(BootReader.scripts(folder.resolve("none"))).isEmpty();
  }

  private String killing(String... foldersAndSettings) throws IOException {
    Path root = Files.createTempDirectory(folder, "root");
    for (int i = 0; i < foldersAndSettings.length; i += 2) {
      Path file = root.resolve(foldersAndSettings[i]);
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      Files.writeString(file, "[Login]\n" + foldersAndSettings[i + 1] + "\n");
    }
    return LogOut.killing(root);
  }

  @Test
  void whether_root_s_processes_outlive_their_login() throws IOException {
    String main = "etc/systemd/logind.conf";
    String dropIn = "etc/systemd/logind.conf.d/x.conf";
    assertThat(killing()).isEmpty();
    assertThat(killing(main, "KillUserProcesses=yes")).as("root is excluded").isEmpty();
    assertThat(killing(main, "KillUserProcesses=yes\nKillExcludeUsers="))
        .isEqualTo("/etc/systemd/logind.conf says KillUserProcesses=yes");
    assertThat(killing(main, "KillUserProcesses = on", dropIn, "KillExcludeUsers=admin"))
        .contains("KillUserProcesses = on");
    assertThat(killing(main, "KillUserProcesses=yes\nKillExcludeUsers=admin", dropIn, "#x"))
        .isNotEmpty();
    assertThat(
            killing(main, "KillUserProcesses=yes\nKillExcludeUsers=admin\nKillExcludeUsers=root x"))
        .as("lists grow")
        .isEmpty();
    assertThat(killing(main, "#KillUserProcesses=yes\nKillExcludeUsers=")).isEmpty();
    assertThat(
            killing(
                main, "KillUserProcesses=yes\nKillExcludeUsers=", dropIn, "KillUserProcesses=no"))
        .as("a drop-in is read later")
        .isEmpty();
    assertThat(
            killing(
                main,
                "KillExcludeUsers=",
                "usr/lib/systemd/logind.conf.d/x.conf",
                "KillUserProcesses=yes",
                dropIn,
                "#nothing"))
        .as("one of /etc hides that of the same name")
        .isEmpty();
    assertThat(killing(main, "KillExcludeUsers=", "run/systemd/logind.conf", "KillUserProcesses=1"))
        .as("one main file is read")
        .isEmpty();
    assertThat(killing(main, "KillOnlyUsers=root\nKillExcludeUsers="))
        .isEqualTo("/etc/systemd/logind.conf says KillOnlyUsers=root");
    assertThat(killing(main, "KillUserProcesses=yes\nKillOnlyUsers=op\nKillExcludeUsers="))
        .isEmpty();
  }

  // ---- accounts

  private static Tree.Owner owner(long number, String name, String home) {
    return new Tree.Owner(number, name, 1, "/x", 7001, home, "/bin/false");
  }

  @Test
  void h76_what_a_host_calls_a_user_is_no_option() throws WireException {
    assertThat(AccountsAbility.useradd(owner(7002, "mover", "/srv")))
        .containsExactly(
            "useradd",
            "--uid",
            "7002",
            "--no-create-home",
            "--gid",
            "7001",
            "--home-dir",
            "/srv",
            "--shell",
            "/bin/false",
            "mover");
    for (Tree.Owner bad :
        List.of(
            owner(7002, "--root=/x", "/srv"),
            owner(7002, "a b", "/srv"),
            owner(7002, "", "/srv"),
            owner(7002, "mover", "--system"),
            owner(7002, "mover", "/srv:0"),
            owner(0, "root2", "/srv"),
            owner(-1, "mover", "/srv"))) {
      assertThatThrownBy(() -> AccountsAbility.useradd(bad))
          .as("%s", bad)
          .isInstanceOf(WireException.class);
    }
  }

  // ---- scripts

  @Test
  void a_script_that_starts_something_has_the_verbs() {
    String text =
        """
        #!/bin/sh
        case "$1" in
          start|restart) /opt/app/run.sh & ;;
          stop)
            kill "$(cat /run/app.pid)" ;;
          status) org.example.app.Main ;;
        esac
        """;
    Launchers.Launcher launcher = LaunchersReader.launcher("/etc/init.d/app", text);
    Objects.requireNonNull(launcher, "it is a script");
    assertThat(launcher.state()).isEqualTo("status");
    assertThat(launcher.words())
        .contains("/opt/app/run.sh", "org.example.app.Main")
        .doesNotContain("start");
    assertThat(LaunchersReader.launcher("/x", text.replace("status)", "other)"))).isNull();
    assertThat(LaunchersReader.launcher("/x", text.substring(2))).as("no script").isNull();
  }

  // ---- addresses

  @Test
  void an_address_is_a_word() {
    Pattern pattern = KnownReader.pattern(List.of("10.0.0.1", "fd67::2"));
    for (String line :
        List.of("listen 10.0.0.1:80", "x=10.0.0.1", "10.0.0.1/24", "[fd67::2]:80", "to fd67::2.")) {
      assertThat(pattern.matcher(line).find()).as(line).isTrue();
    }
    for (String line :
        List.of("10.0.0.12", "110.0.0.1", "10.0.0.1.5", "fd67::23", "afd67::2", "fd67::2:3")) {
      assertThat(pattern.matcher(line).find()).as(line).isFalse();
    }
  }

  // ---- trees

  private Tree.Measured measured(boolean deep, Duration limit, String... exclude)
      throws IOException {
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(folder.toString()))) {
      return TreeMeasure.of(handle, question("", deep, exclude), limit);
    }
  }

  private static SurveyClient.TreeQuestion question(String below, boolean deep, String... exclude) {
    return new SurveyClient.TreeQuestion("/tree", below, List.of(exclude), deep, false, 0);
  }

  @Test
  void a_part_of_a_tree_is_counted_by_the_tree_s_own_filters() throws IOException {
    Files.createDirectories(folder.resolve("in/all"));
    Files.createFile(folder.resolve("in/all/one"));
    Files.createFile(folder.resolve("in/two"));
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(folder.toString()))) {
      for (String exclude : List.of("/a/b/in/two", "/two")) {
        Tree.Measured measured =
            TreeMeasure.of(handle, question("a/b", false, exclude), Duration.ofMinutes(1));
        assertThat(measured.files()).as(exclude).isEqualTo(exclude.startsWith("/a") ? 1 : 2);
      }
    }
  }

  /** A file system that does not say when a file was made has nothing to tell. */
  @Test
  void what_was_made_lately_is_counted_in_a_tree_that_is_older() throws Exception {
    Files.write(folder.resolve("one"), new byte[10_000]);
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(folder.toString()))) {
      Duration limit = Duration.ofMinutes(1);
      long first = born(handle, "one");
      assumeThat(first).isPositive();
      do { // until the clock that stamps files has ticked
        Files.deleteIfExists(folder.resolve("two"));
        Files.write(folder.resolve("two"), new byte[20_000]);
      } while (born(handle, "two") == first);
      Instant since = Instant.ofEpochSecond(0, born(handle, "two"));
      Tree.Lately lately = TreeMeasure.of(handle, question("", false), limit, since).lately();
      assertThat(lately.isKnown()).isTrue();
      assertThat(lately.inodes()).isEqualTo(1);
      assertThat(lately.bytes()).isBetween(20_000L, 30_000L);
      assertThat(TreeMeasure.of(handle, question("", false), limit).lately())
          .as("of a tree that is itself new")
          .isEqualTo(Tree.Lately.UNKNOWN);
    }
  }

  private static long born(DirectoryHandle folder, String name) throws IOException {
    return Objects.requireNonNull(folder.status(Names.of(name)), name).birthNanos();
  }

  @Test
  void a_tree_is_counted_without_what_is_left_out() throws IOException {
    Files.createDirectories(folder.resolve("a/b"));
    Files.write(folder.resolve("a/one"), new byte[10_000]);
    Files.createLink(folder.resolve("a/b/two"), folder.resolve("a/one"));
    Files.write(folder.resolve("a/b/x.tmp"), new byte[1]);
    Tree.Measured all = measured(false, Duration.ofMinutes(1), "*.tmp");
    assertThat(all.isWhole()).isTrue();
    assertThat(all.files()).isEqualTo(2);
    assertThat(all.directories()).isEqualTo(3);
    assertThat(all.inodes()).as("three directories, one file with two names").isEqualTo(4);
    assertThat(all.linked()).isEqualTo(new Tree.Linked(1, 0, ""));
    assertThat(all.largestBytes()).isEqualTo(10_000);
    assertThat(all.users()).hasSize(1);
    assertThat(measured(false, Duration.ofMinutes(1)).files()).isEqualTo(3);
  }

  @Test
  void files_with_names_that_are_not_moved_are_counted() throws IOException {
    Files.createDirectories(folder.resolve("a/cache"));
    Files.createFile(folder.resolve("a/one"));
    Files.createLink(folder.resolve("a/two"), folder.resolve("a/one"));
    Files.createFile(folder.resolve("a/three"));
    Files.createLink(folder.resolve("a/cache/four"), folder.resolve("a/three"));
    assertThat(measured(false, Duration.ofMinutes(1)).linked())
        .isEqualTo(new Tree.Linked(2, 0, ""));
    assertThat(measured(false, Duration.ofMinutes(1), "cache").linked())
        .isEqualTo(new Tree.Linked(2, 1, "/tree/a/three"));
  }

  @Test
  void when_the_time_is_over_it_says_so() throws IOException {
    Files.createDirectories(folder.resolve("a/b"));
    assertThat(measured(false, Duration.ZERO).isWhole()).isFalse();
  }

  @Test
  void names_are_compared_by_case_and_by_form() throws IOException {
    Files.createFile(folder.resolve("Readme"));
    assertThat(measured(true, Duration.ofMinutes(1)).sameCase()).isEmpty();
    Files.createFile(folder.resolve("README"));
    Tree.Measured byCase = measured(true, Duration.ofMinutes(1));
    assertThat(byCase.sameCase()).containsIgnoringCase("/tree/readme");
    assertThat(byCase.sameForm()).isEmpty();
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(folder.toString()))) {
      handle.createFile("\u00e9".getBytes(UTF_8), 0600).close();
      handle.createFile("e\u0301".getBytes(UTF_8), 0600).close();
    }
    assertThat(measured(true, Duration.ofMinutes(1)).sameForm()).isNotEmpty();
  }

  @Test
  void h70_the_data_of_database_servers_is_known_by_its_names() throws IOException {
    for (String each :
        List.of("pg/PG_VERSION", "pg/base/1", "pg/global/1", "my/ibdata1", "mongo/WiredTiger.wt")) {
      Path file = folder.resolve(each);
      Files.createDirectories(file.getParent());
      Files.createFile(file);
    }
    assertThat(measured(false, Duration.ofMinutes(1)).databases())
        .extracting(Tree.Database::engine, Tree.Database::path)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("PostgreSQL", "/tree/pg"),
            org.assertj.core.groups.Tuple.tuple("MariaDB or MySQL", "/tree/my"),
            org.assertj.core.groups.Tuple.tuple("MongoDB", "/tree/mongo"));
    assertThat(DatabaseSigns.of("/x", Set.of("PG_VERSION"))).as("one name of three").isNull();
  }

  @Test
  void the_mount_that_holds_a_path_is_the_last_one_at_the_longest_prefix() {
    List<TreeReader.Mount> mounts =
        TreeReader.mounts(
            """
            20 1 8:1 / / rw,relatime - ext4 /dev/a rw
            21 20 0:9 / /srv rw - tmpfs t rw
            22 20 0:9 / /srv ro,nosuid shared:1 - nfs4 h:/x rw
            23 20 0:9 / /srv/a\\040b rw - xfs x rw
            """);
    assertThat(TreeReader.holding("/srv/www", mounts).type()).isEqualTo("nfs4");
    assertThat(TreeReader.holding("/srv/www", mounts).isReadOnly()).isTrue();
    assertThat(TreeReader.holding("/srv/a b/c", mounts).type()).isEqualTo("xfs");
    assertThat(TreeReader.holding("/srvx", mounts).type()).isEqualTo("ext4");
  }
}
