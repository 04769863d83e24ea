package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.check.Code;
import dev.godwit.check.Severity;
import dev.godwit.demo.DemoPlan;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code godwit check} finds on hosts where it is so, and that it does not find it before and
 * after. One lab for all: each test takes back what it did, and the plan is clean without it.
 */
@Tag("lab")
final class CheckLabTest extends TestingOneMove {
  /** What is always so in the lab: two namespaces of one kernel, services without units. */
  private static final Set<Code> OF_THE_LAB = EnumSet.of(Code.SAME_KERNEL, Code.NO_FENCE);

  private static final String PLAN = "/root/check.yaml";

  /** A service that listens on 8090, tcp and udp, and on 8091, and writes into a folder. */
  private static final String WORKER =
      """
      import os, socket, time, sys
      a = [socket.socket() for _ in range(2)]
      for s, p in zip(a, (8090, 8091)):
          s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
          s.bind(("0.0.0.0", p)); s.listen(5)
      u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("0.0.0.0", 8090))
      os.makedirs("/var/lib/worker", exist_ok=True)
      f = open("/var/lib/worker/state", "a")
      open("/run/worker.ready", "w").close()
      while True: time.sleep(60)
      """;

  private static String demoPlan;

  /** One finding as it was printed. */
  private record Found(String severity, String code, String what) {}

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up();
    demoPlan = new String(move.neu().readFile(DemoPlan.PATH), StandardCharsets.UTF_8);
    check(demoPlan); // the agent is on old from here on
  }

  private static List<Found> check(String plan, String... options) throws Exception {
    move.neu().writeFile(PLAN, plan);
    List<String> argv = new ArrayList<>(List.of("check", "--json"));
    argv.addAll(List.of(options));
    argv.add(PLAN);
    LabHost.Outcome check = move.godwitApart(argv.toArray(String[]::new));
    String text = check.out();
    assertThat(text).as(check.err()).startsWith("{");
    JsonNode json = JsonMapper.shared().readTree(text);
    List<Found> found = new ArrayList<>();
    for (JsonNode each : json.path("findings")) {
      found.add(
          new Found(
              each.path("severity").asString(),
              each.path("code").asString(),
              each.path("what").asString()));
    }
    boolean errors = found.stream().anyMatch(each -> each.severity().equals("error"));
    assertThat(json.path("can_start").asBoolean()).as(text).isEqualTo(!errors);
    assertThat(check.exit()).as(text).isEqualTo(errors ? 1 : 0);
    return found;
  }

  /** The plan finds these codes, each in words that hold the text, and nothing else that is bad. */
  private static void finds(String plan, Object... codesAndTexts) throws Exception {
    List<Found> found = check(plan);
    List<Found> left = new ArrayList<>(found);
    left.removeIf(each -> each.severity().equals("good"));
    left.removeIf(each -> OF_THE_LAB.stream().anyMatch(code -> code.word().equals(each.code())));
    for (int i = 0; i < codesAndTexts.length; i += 2) {
      Code code = (Code) codesAndTexts[i];
      String text = (String) codesAndTexts[i + 1];
      List<Found> matching =
          found.stream()
              .filter(each -> each.code().equals(code.word()) && each.what().contains(text))
              .toList();
      assertThat(matching).as("%s with \"%s\" in %s", code, text, found).isNotEmpty();
      assertThat(matching.getFirst().severity())
          .isEqualTo(code.severity().name().toLowerCase(java.util.Locale.ROOT));
      left.removeAll(matching);
    }
    assertThat(left).as("found besides").isEmpty();
  }

  private static void isClean() throws Exception {
    finds(demoPlan);
  }

  private static LabHost old() {
    return move.old();
  }

  private static LabHost neu() {
    return move.neu();
  }

  private static String plan(String files, String services) {
    return """
        move: other
        old: root@%s
        new: local
        ssh: ["-i", "/root/.ssh/id_ed25519"]
        files: [%s]
        services:
        %s
        """
        .formatted(Lab.OLD_ADDRESS, files, services);
  }

  private static String app(String ports, String check) {
    return """
          - name: app
            start: [/usr/local/sbin/lab-app, start]
            stop: [/usr/local/sbin/lab-app, stop]
            state: [/usr/local/sbin/lab-app, state]
            ports: [%s]
            check: %s
        """
        .formatted(ports, check);
  }

  private static String app() {
    return app("8080", "{ http: \"http://127.0.0.1:8080/health\" }");
  }

  private static String files(String files) {
    return plan("/srv/notes" + (files.isEmpty() ? "" : ", " + files), app());
  }

  /** Content and times of what the services are not busy with. */
  private static String state(LabHost host, String... folders) throws IOException {
    List<String> argv = new ArrayList<>(List.of("find"));
    argv.addAll(List.of(folders));
    argv.addAll(List.of("-not", "-path", PLAN, "-printf", "%p %i %m %u %s %T@ %C@\\n"));
    return host.must(argv.toArray(String[]::new));
  }

  @Test
  void nothing_is_found_on_good_hosts_and_nothing_is_changed() throws Exception {
    String[] ofOld = {"/etc", "/srv", "/root", "/usr/local"};
    String[] ofNew = {"/etc", "/srv", "/usr/local", "/var/vmail", "/var/lib"};
    String before = state(old(), ofOld) + state(neu(), ofNew);
    Set<String> traces = TestingTraces.of(neu());
    isClean();
    assertThat(state(old(), ofOld) + state(neu(), ofNew)).isEqualTo(before);
    assertThat(TestingTraces.difference(traces, TestingTraces.of(neu()))).isEmpty();
    List<Found> found = check(demoPlan);
    for (Code code :
        List.of(
            Code.REACHABLE,
            Code.GATE,
            Code.FILES,
            Code.WATCH,
            Code.SERVICE,
            Code.FIREWALL,
            Code.LOGS_STAY)) {
      assertThat(found).as("%s", code).anyMatch(each -> each.code().equals(code.word()));
    }
  }

  /** Linux is new enough on new, and root may not use it; nor has he a network of his own there. */
  @Test
  void a_gate_that_may_not_use_the_look_up() throws Exception {
    neu().writeFile(PLAN, demoPlan);
    List<String> argv =
        new ArrayList<>(
            List.of("setpriv", "--bounding-set", "-bpf,-sys_admin", "env", "-C", "/root"));
    argv.addAll(TestingMove.program());
    argv.addAll(List.of("check", PLAN));
    String said = neu().run(argv, TestingMove.COMMAND_LIMIT).out();
    assertThat(said)
        .containsPattern("✓ old .*: the gate gets rung 0: the kernel's socket look-up; ")
        .containsPattern(
            "! new .*: the gate of a rollback gets rung 1: takeover and redirection by /\\S+ \\(not"
                + " tried: unshare: .*\\), because the kernel's socket look-up cannot be used"
                + " .*Operation not permitted.*\\[kernel\\]");
  }

  @Test
  void hosts_that_do_not_answer() throws Exception {
    List<Found> found = check(demoPlan.replace(Lab.OLD_ADDRESS, "10.103.0.9"));
    assertThat(found)
        .extracting(Found::code)
        .containsExactly(Code.REACHABLE.word(), Code.UNREACHABLE.word());
  }

  @Test
  void a_third_host_that_is_to_watch() throws Exception {
    String watched = demoPlan + "\nwatch: root@10.103.0.9\n";
    finds(watched, Code.WATCHER_UNREACHABLE, "watcher (root@10.103.0.9)");
    // ThirdHostTest has one that answers.
    assertThat(check(watched)).noneMatch(each -> each.code().equals(Code.WATCHER.word()));
  }

  @Test
  void a_user_who_is_not_root() throws Exception {
    old().must("useradd", "--create-home", "--home-dir", "/home/op", "op");
    old().must("usermod", "-p", "*", "op");
    old().must("mkdir", "-p", "/home/op/.ssh");
    old().must("cp", "/root/.ssh/authorized_keys", "/home/op/.ssh/authorized_keys");
    old().must("chown", "-R", "op:op", "/home/op");
    try {
      List<Found> found = check(demoPlan.replace("root@", "op@"));
      assertThat(found)
          .anyMatch(each -> each.code().equals("not-root") && each.what().contains("old (op@"));
    } finally {
      old().must("userdel", "--remove", "op");
    }
  }

  @Test
  void paths_that_are_not_what_the_plan_says() throws Exception {
    neu().writeFile("/srv/file", "x");
    old().must("mkdir", "-p", "/srv/file", "/srv/mounted/sub");
    old().must("mount", "-t", "tmpfs", "none", "/srv/mounted/sub");
    neu().must("mkdir", "-p", "/mnt/ro");
    neu().must("mount", "-t", "tmpfs", "-o", "ro", "none", "/mnt/ro");
    try {
      finds(
          files("/srv/none, /srv/www/index.html"),
          Code.MISSING,
          "/srv/none",
          Code.NOT_A_DIRECTORY,
          "/srv/www/index.html");
      finds(files("/srv/file"), Code.TARGET_IN_THE_WAY, "/srv/file");
      old().must("ln", "-s", "www", "/srv/alias");
      finds(
          files("/srv/alias"), Code.NOT_A_DIRECTORY, "/srv/alias is a symbolic link, to /srv/www");
      old().must("rm", "/srv/alias");
      finds(files("/srv/mounted"), Code.MOUNT_BELOW, "mounted below /srv/mounted: sub (tmpfs)");
      finds(files("{ path: /srv/mounted, exclude: [/sub] }"));
      finds(files("{ path: /srv/mounted, mounts: [sub, no] }"), Code.NO_MOUNT, "/srv/mounted/no");
      String all = files("{ path: /srv/mounted, mounts: all }");
      finds(all);
      old().must("dd", "if=/dev/zero", "of=/srv/mounted/sub/large", "bs=1k", "count=600");
      neu().must("mkdir", "-p", "/srv/mounted/sub");
      neu().must("mount", "-t", "tmpfs", "-o", "size=512k", "none", "/srv/mounted/sub");
      try {
        finds(all, Code.SPACE, "/srv/mounted/sub: 600.0 KiB more are needed");
      } finally {
        neu().must("umount", "/srv/mounted/sub");
      }
      finds(files("{ path: /srv/www, to: /mnt/ro/www }"), Code.TARGET_READ_ONLY, "/mnt/ro/www");
    } finally {
      neu().must("umount", "/mnt/ro");
      old().must("umount", "/srv/mounted/sub");
      old().must("rm", "-r", "/srv/file", "/srv/mounted");
      neu().must("rm", "-rf", "/srv/mounted");
      neu().must("rm", "/srv/file");
    }
    isClean();
  }

  @Test
  void room_and_inodes() throws Exception {
    neu().must("mkdir", "-p", "/mnt/small");
    String plan = files("{ path: /srv/www, to: /mnt/small/www }");
    long inodes = old().must("find", "/srv/www").lines().count();
    long kib = Long.parseLong(old().must("du", "-sk", "/srv/www").split("\\s")[0]);
    try {
      neu().must("mount", "-t", "tmpfs", "-o", "size=512k,nr_inodes=64", "none", "/mnt/small");
      finds(plan, Code.SPACE, "/mnt/small/www", Code.INODES, "/mnt/small/www");
      String tight = "size=" + (kib + 64) + "k,nr_inodes=" + (inodes + 5);
      neu().must("mount", "-o", "remount," + tight, "/mnt/small");
      finds(plan, Code.SPACE_TIGHT, "/mnt/small/www", Code.INODES_TIGHT, "/mnt/small/www");
      neu().must("mount", "-o", "remount,size=" + 2 * kib + "k,nr_inodes=1000", "/mnt/small");
      finds(plan);
    } finally {
      neu().must("umount", "/mnt/small");
    }
  }

  @Test
  void what_new_s_file_system_cannot_keep() throws Exception {
    neu().must("mkdir", "-p", "/mnt/poor");
    neu().must("mount", "-t", "ramfs", "none", "/mnt/poor");
    old().must("mkdir", "-p", "/srv/rich");
    old().writeFile("/srv/rich/file", "x");
    String plan = files("{ path: /srv/rich, to: /mnt/poor/rich }");
    try {
      // ramfs says that it has no room at all, which is another finding and as true.
      finds(plan, Code.SPACE, "/mnt/poor");
      old().must("setfattr", "-n", "user.colour", "-v", "blue", "/srv/rich/file");
      old().must("setfacl", "-m", "u:www-data:r", "/srv/rich/file");
      finds(
          plan,
          Code.SPACE,
          "/mnt/poor",
          Code.XATTRS_LOST,
          "/srv/rich/file",
          Code.ACLS_LOST,
          "/srv/rich/file");
      finds(files("/srv/rich"));
    } finally {
      neu().must("umount", "/mnt/poor");
      old().must("rm", "-r", "/srv/rich");
    }
  }

  @Test
  void h70_the_data_of_a_database_server() throws Exception {
    old().must("mkdir", "-p", "/srv/db/mysql");
    try {
      finds(files("/srv/db"));
      old().writeFile("/srv/db/ibdata1", "x");
      finds(files("/srv/db"), Code.DATABASE_IN_FILES, "/srv/db is the data of MariaDB");
    } finally {
      old().must("rm", "-r", "/srv/db");
    }
  }

  @Test
  void a_file_system_that_cannot_be_watched_as_one() throws Exception {
    old().must("mkdir", "-p", "/opt/plain");
    try {
      finds(files("/opt/plain"), Code.WATCH_SLOW, "/opt/plain");
    } finally {
      old().must("rm", "-r", "/opt/plain");
    }
  }

  @Test
  void owners_are_missing_are_created_and_differ() throws Exception {
    old().must("mkdir", "-p", "/srv/owned");
    old().writeFile("/srv/owned/file", "x");
    old().must("groupadd", "--gid", "7001", "movers");
    old()
        .must(
            "useradd",
            "--uid",
            "7002",
            "--gid",
            "7001",
            "--home-dir",
            "/srv/owned",
            "--shell",
            "/bin/false",
            "--no-create-home",
            "mover");
    old().must("chown", "mover:movers", "/srv/owned/file");
    String plan = files("/srv/owned");
    try {
      finds(
          plan, Code.OWNER_MISSING, "user mover (7002)", Code.OWNER_MISSING, "group movers (7001)");
      String said = move.godwit(0, "check", "--fix", PLAN);
      assertThat(said).contains("created group movers (7001)", "created user mover (7002)");
      assertThat(neu().must("getent", "passwd", "mover").strip())
          .isEqualTo(old().must("getent", "passwd", "mover").strip());
      finds(plan);
      assertThat(move.godwit(0, "check", "--fix", PLAN))
          .contains("no user and no group is missing");

      neu().must("usermod", "-u", "7003", "mover");
      finds(plan, Code.OWNER_DIFFERS, "has the number 7003");
      neu().must("userdel", "mover");
      neu().must("useradd", "--uid", "7002", "--no-user-group", "somebody");
      finds(plan, Code.OWNER_DIFFERS, "the number belongs to somebody");
      assertThat(move.godwit(1, "check", "--fix", PLAN))
          .contains("no user and no group is missing");

      old().must("userdel", "mover");
      finds(plan, Code.OWNER_UNNAMED, "somebody");
    } finally {
      neu().run("userdel", "somebody");
      neu().run("userdel", "mover");
      neu().run("groupdel", "movers");
      old().run("userdel", "mover");
      old().run("groupdel", "movers");
      old().must("rm", "-r", "/srv/owned");
    }
  }

  @Test
  void services_that_are_not_as_the_plan_says() throws Exception {
    String wrong = app("8080", "{ http: \"http://127.0.0.1:8080/health\", status: 418 }");
    finds(plan("/srv/notes", wrong), Code.CHECK_FAILS, "418");
    finds(
        plan("/srv/notes", app().replace("lab-app, state", "lab-nothing, state")),
        Code.UNKNOWN_SERVICE,
        "old",
        Code.UNKNOWN_SERVICE,
        "new");
    neu().must("/usr/local/sbin/lab-nginx", "start");
    old().must("/usr/local/sbin/lab-dovecot", "stop");
    try {
      finds(demoPlan, Code.RUNNING_ON_NEW, "nginx", Code.NOT_RUNNING, "dovecot");
    } finally {
      old().must("/usr/local/sbin/lab-dovecot", "start");
      neu().must("/usr/local/sbin/lab-nginx", "stop");
    }
    isClean();
  }

  @Test
  void a_service_without_checks_and_processes() throws Exception {
    String service =
        """
          - name: quiet
            start: ["true"]
            stop: ["true"]
            state: [/usr/bin/test, -d, /srv/notes/of-old]
        """;
    old().must("mkdir", "/srv/notes/of-old");
    try {
      finds(plan("/srv/www", service), Code.NO_CHECK, "quiet", Code.PROCESSES_UNKNOWN, "quiet");
    } finally {
      old().must("rmdir", "/srv/notes/of-old");
    }
  }

  @Test
  void an_older_version_on_new() throws Exception {
    byte[] before = old().readFile("/var/lib/dpkg/status");
    String status = new String(before, StandardCharsets.ISO_8859_1);
    String newer = status.replaceFirst("(?s)(\nPackage: nginx\n.*?\nVersion: )", "$199:");
    assertThat(newer).as("nginx is a package here").isNotEqualTo(status);
    Files.writeString(old().path("/var/lib/dpkg/status"), newer, StandardCharsets.ISO_8859_1);
    try {
      finds(demoPlan, Code.OLDER_VERSION, "nginx is 99:");
    } finally {
      Files.write(old().path("/var/lib/dpkg/status"), before);
    }
    isClean();
  }

  /** Starts the worker; ends it with the process that is returned. */
  private static Process worker(LabHost host, String... before) throws Exception {
    host.writeFile("/usr/local/sbin/worker.py", WORKER);
    host.must("rm", "-f", "/run/worker.ready");
    List<String> argv = new ArrayList<>(List.of(before));
    argv.addAll(
        List.of("/usr/bin/perl", "-e", "exec @ARGV", python(), "/usr/local/sbin/worker.py"));
    Process process =
        host.command(argv)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .start();
    TestingPatience.await("the worker", () -> Files.exists(host.path("/run/worker.ready")));
    return process;
  }

  private static String python() {
    return "/usr/bin/python3";
  }

  private static void end(LabHost host, Process worker) throws Exception {
    host.run("pkill", "-KILL", "-f", "worker.py");
    worker.destroyForcibly().waitFor();
    host.must("rm", "-rf", "/var/lib/worker", "/usr/local/sbin/worker.py");
  }

  private static final String WORKER_SERVICE =
      """
        - name: worker
          start: ["true"]
          stop: ["true"]
          state: [/usr/bin/test, -d, /var/lib/worker]
          ports: [8090]
      """;

  @Test
  void h62_ports_and_files_that_the_plan_does_not_name() throws Exception {
    Process worker = worker(old());
    try {
      finds(
          plan("/srv/notes", WORKER_SERVICE),
          Code.WRITES_ELSEWHERE,
          "/var/lib/worker/state",
          Code.OTHER_WRITER,
          "writes /srv/notes/notes.log, and belongs to no service of the plan",
          Code.PORT_NOT_IN_PLAN,
          "port 8091",
          Code.UDP_PORT,
          "UDP port 8090");
      finds(
          plan(
              "/var/lib/worker",
              WORKER_SERVICE.replace("[8090]", "[8090, 8091, 8092]\n    check: { tcp: 8090 }")),
          Code.UDP_PORT,
          "UDP port 8090",
          Code.WATCH_SLOW,
          "/var/lib/worker",
          Code.PORT_NOT_LISTENED,
          "port 8092");
    } finally {
      end(old(), worker);
    }
  }

  @Test
  void a_port_of_a_container() throws Exception {
    Process worker = worker(old(), "unshare", "--mount", "--pid", "--fork", "--mount-proc");
    try {
      finds(
          plan("/var/lib/worker", WORKER_SERVICE.replace("[8090]", "[8090, 8091]")),
          Code.CONTAINER_PORT,
          "port 8090",
          Code.CONTAINER_PORT,
          "port 8091",
          Code.UDP_PORT,
          "8090",
          Code.WATCH_SLOW,
          "/var/lib/worker");
    } finally {
      end(old(), worker);
    }
  }

  @Test
  void a_port_that_is_taken_on_new() throws Exception {
    Process worker = worker(neu());
    old().must("mkdir", "-p", "/srv/www");
    try {
      String service = WORKER_SERVICE.replace("-d, /var/lib/worker", "-d, /srv/notes/of-old");
      old().must("mkdir", "/srv/notes/of-old");
      finds(
          plan("/srv/www", service.replace("[8090]", "[8090]\n    check: { tcp: 8080 }")),
          Code.PORT_TAKEN,
          "port 8090",
          Code.PORT_NOT_LISTENED,
          "8090",
          Code.PROCESSES_UNKNOWN,
          "worker");
    } finally {
      old().run("rmdir", "/srv/notes/of-old");
      end(neu(), worker);
    }
  }

  @Test
  void a_packet_filter_on_new() throws Exception {
    try {
      nft(
          "add table inet t; add chain inet t in { type filter hook input priority 0; policy drop; };"
              + "add rule inet t in ct state established,related accept; add rule inet t in iif lo accept;"
              + "add rule inet t in tcp dport 143 accept;"
              + "add rule inet t in ip saddr 10.103.0.1 tcp dport 8080 accept");
      finds(
          demoPlan,
          Code.FIREWALL_REFUSES,
          "port 80 (",
          Code.FIREWALL_REFUSES,
          "ports that are chosen",
          Code.FIREWALL_UNCLEAR,
          "port 8080");
      nft("add rule inet t in tcp dport 1-65535 accept");
      isClean();
    } finally {
      nft("flush ruleset");
    }
    neu().must("mount", "--bind", "/dev/null", "/usr/sbin/nft");
    try {
      finds(demoPlan, Code.FIREWALL_UNKNOWN, "nft is not installed");
    } finally {
      neu().must("umount", "/usr/sbin/nft");
    }
    isClean();
  }

  private static void nft(String commands) throws IOException {
    neu()
        .writeFile(
            "/run/rules.nft", commands.replace(";add", "\nadd").replace("; add", "\nadd") + "\n");
    neu().must("nft", "-f", "/run/rules.nft");
  }

  @Test
  void configuration_that_names_old() throws Exception {
    String nginx = text(NGINX_CONF);
    try {
      neu()
          .writeFile(
              NGINX_CONF,
              nginx.replace("listen 80 default", "listen " + Lab.OLD_ADDRESS + ":80 default"));
      neu().writeFile("/etc/app.conf", "backend = " + Lab.OLD_ADDRESS + "\n# 10.103.0.2\n");
      finds(
          demoPlan,
          Code.LISTENS_ON_OLD_ADDRESS,
          "/etc/nginx/nginx.conf:",
          Code.NAMES_OLD_ADDRESS,
          "/etc/app.conf:1 ");
    } finally {
      neu().writeFile(NGINX_CONF, nginx);
      neu().must("rm", "-f", "/etc/app.conf");
    }
    isClean();
  }

  private static void certificate(LabHost host, String path, String name, int days)
      throws IOException {
    host.must(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "/run/key.pem",
        "-out",
        path,
        "-days",
        Integer.toString(days),
        "-subj",
        "/CN=" + name,
        "-addext",
        "subjectAltName=DNS:" + name);
  }

  @Test
  void certificates() throws Exception {
    String nginx = text(NGINX_CONF);
    String named = nginx.replace("root /srv/www;", "root /srv/www; ssl_certificate /etc/site.pem;");
    assertThat(named).isNotEqualTo(nginx);
    try {
      certificate(old(), "/etc/site.pem", "www.example.org", 400);
      for (LabHost host : List.of(old(), neu())) {
        host.writeFile(NGINX_CONF, named);
      }
      finds(demoPlan, Code.CERTIFICATE_MISSING, "/etc/site.pem");
      neu()
          .writeFile(
              "/etc/site.pem", new String(old().readFile("/etc/site.pem"), StandardCharsets.UTF_8));
      finds(demoPlan);
      certificate(neu(), "/etc/site.pem", "other.example.org", 400);
      finds(demoPlan, Code.CERTIFICATE_DIFFERS, "other.example.org");
      certificate(neu(), "/etc/site.pem", "www.example.org", 5);
      finds(demoPlan, Code.CERTIFICATE_DIFFERS, "", Code.CERTIFICATE_ENDS, "new (this host)");
      neu().writeFile(NGINX_CONF, nginx);
      old().writeFile(NGINX_CONF, nginx);
      certificate(old(), "/srv/www/shop.crt", "shop.example.org", 3);
      finds(demoPlan, Code.CERTIFICATE_ENDS, "/srv/www/shop.crt for shop.example.org");
    } finally {
      for (LabHost host : List.of(old(), neu())) {
        host.writeFile(NGINX_CONF, nginx);
        host.must("rm", "-f", "/etc/site.pem", "/srv/www/shop.crt", "/run/key.pem");
      }
    }
    isClean();
  }

  @Test
  void h62_jobs_of_what_is_moved() throws Exception {
    try {
      old().writeFile("/etc/cron.d/lab", "# x\n5 4 * * * vmail /usr/local/bin/expunge\n");
      old().writeFile("/etc/cron.d/other", "5 4 * * * root /usr/bin/true /srv/www-not\n");
      old().writeFile("/etc/systemd/system/site.timer", "[Timer]\nOnCalendar=daily\n");
      old()
          .writeFile(
              "/etc/systemd/system/site.service",
              "[Service]\nExecStart=/usr/bin/build /srv/www/site\n");
      finds(
          demoPlan,
          Code.CRON_JOB,
          "/etc/cron.d/lab:2 runs as vmail",
          Code.CRON_JOB,
          "site.timer runs as root");
      neu().writeFile("/etc/cron.d/lab", "5 4 * * * vmail /usr/local/bin/expunge\n");
      finds(demoPlan, Code.CRON_JOB, "it is on new too", Code.CRON_JOB, "site.timer runs as root");
      String vmail = old().must("id", "-u", "vmail").strip();
      String at = "#!/bin/sh\n# atrun uid=%s gid=0\n# mail vmail 0\numask 22\ntidy\n";
      old().writeFile("/var/spool/cron/atjobs/a0000101b6a7c5", at.formatted(vmail));
      old().writeFile("/var/spool/at/a0000101b6a7c5", at.formatted(0) + "rm -r /srv/www/x\n");
      old().writeFile("/var/spool/at/spool/a0000101b6a7c5", at.formatted(vmail));
      old().writeFile("/var/lib/systemd/linger/vmail", "");
      String home = old().must("sh", "-c", "echo ~vmail").strip();
      old().writeFile(home + "/.config/systemd/user/mine.timer", "[Timer]\nOnCalendar=daily\n");
      finds(
          demoPlan,
          Code.CRON_JOB,
          "it is on new too",
          Code.CRON_JOB,
          "site.timer runs as root",
          Code.CRON_JOB,
          "atjobs/a0000101b6a7c5 runs as vmail: tidy",
          Code.CRON_JOB,
          "/var/spool/at/a0000101b6a7c5 runs as root: tidy",
          Code.CRON_JOB,
          "mine.timer of vmail runs as vmail");
    } finally {
      neu().must("rm", "-f", "/etc/cron.d/lab");
      old()
          .must(
              "sh",
              "-c",
              "rm -rf /var/spool/cron/atjobs /var/spool/at /var/lib/systemd/linger ~vmail/.config");
      old()
          .must(
              "rm",
              "-f",
              "/etc/cron.d/lab",
              "/etc/cron.d/other",
              "/etc/systemd/system/site.timer",
              "/etc/systemd/system/site.service");
    }
    isClean();
  }

  @Test
  void a_security_module_on_one_side() throws Exception {
    neu().must("mount", "-t", "tmpfs", "none", "/sys/module");
    neu().writeFile("/sys/module/apparmor/parameters/enabled", "Y\n");
    try {
      finds(demoPlan, Code.SECURITY_DIFFERS, "AppArmor is off on old and on on new");
    } finally {
      neu().must("umount", "/sys/module");
    }
    isClean();
  }

  @Test
  void start_refuses_what_the_copy_would_meet_and_nothing_else() throws Exception {
    neu().writeFile("/etc/app.conf", "listen " + Lab.OLD_ADDRESS + "\n");
    old().must("mkdir", "-p", "/srv/db");
    old().writeFile("/srv/db/ibdata1", "x");
    try {
      neu().writeFile(PLAN, files("/srv/db"));
      String said = move.godwit(1, "start", PLAN);
      assertThat(said).contains("cannot be started").contains("/srv/db is the data of MariaDB");
      assertThat(said).contains("\n    -> "); // what to do, as check says it
      assertThat(said).doesNotContain("app.conf");
    } finally {
      old().must("rm", "-r", "/srv/db");
      neu().must("rm", "/etc/app.conf");
    }
  }

  /** Codes that nothing in the lab can bring about are in the unit tests; no code is in neither. */
  @Test
  void severities_are_those_of_the_codes() throws Exception {
    for (Found found : check(demoPlan)) {
      Code code = Code.valueOf(found.code().toUpperCase(java.util.Locale.ROOT).replace('-', '_'));
      assertThat(Severity.valueOf(found.severity().toUpperCase(java.util.Locale.ROOT)))
          .isEqualTo(code.severity());
    }
  }
}
