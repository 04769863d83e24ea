package dev.godwit.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.agent.Abilities;
import dev.godwit.host.LocalHost;
import dev.godwit.host.TestingRuntime;
import dev.godwit.linux.Names;
import dev.godwit.service.Control;
import dev.godwit.service.KnownUnit;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import dev.godwit.service.UnitText;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What runs on a stage sees this host, changes nothing of it, and reaches nobody on it. */
@Tag("lab")
final class StageLabTest {
  private static final String MOVE = "stage-test";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path parent;
  private Path tree;
  private LocalHost host;
  private StageHost stage;
  private ServiceClient services;

  @BeforeEach
  void up() throws IOException {
    tree = Files.createDirectory(parent.resolve("tree, with: odd\\name"));
    Files.writeString(tree.resolve("file"), "of the host");
    Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
    host = new LocalHost("new", Abilities.all());
    stage = StageHost.on(host, MOVE, List.of(Names.of(tree.toString())));
    services = new ServiceClient(stage, MOVE);
  }

  @AfterEach
  void down() throws Exception {
    try {
      stage.takeDown();
      assertThat(parent.resolve(".godwit-rehearsal-" + MOVE)).doesNotExist();
      assertThat(Path.of("/run/godwit", MOVE, "rehearsal.log")).doesNotExist();
    } finally {
      host.close();
      TestingRuntime.remove(MOVE);
    }
  }

  /** Runs a script there; fails with what it has said. */
  private int scripts;

  private void run(String script) throws IOException {
    services.start(service(script), 1, LIMIT);
  }

  /** One that does not run before its script has ended well: what runs is not started. */
  private Service service(String script) {
    String mark = "/run/ran-" + ++scripts;
    String start = "bash -c \"$1\" script \"$2\" && touch " + mark;
    return new Service(
        "script",
        new Control.Commands(
            List.of("bash", "-c", start, "start", script, tree.toString()),
            List.of("rm", mark),
            List.of("bash", "-c", "[ -e " + mark + " ] || exit 3")),
        List.of(),
        List.of());
  }

  @Test
  void what_is_written_is_seen_there_and_not_here() throws Exception {
    Seal before = Seal.of(List.of(Names.of(tree.toString())));
    run(
        """
        set -e
        grep -q 'of the host' "$1/file"
        echo changed >"$1/file"; echo new >"$1/more"; mkdir "$1/folder"; chmod 700 "$1"
        touch /etc/godwit-stage-test /var/godwit-stage-test /run/godwit-stage-test /godwit-stage-test
        grep -q changed "$1/file"
        rm "$1/file"; [ ! -e "$1/file" ]
        """);
    assertThat(Seal.of(List.of(Names.of(tree.toString())))).isEqualTo(before);
    for (String folder : List.of("/etc", "/var", "/run", "/")) {
      assertThat(Path.of(folder, "godwit-stage-test")).doesNotExist();
    }
  }

  @Test
  void nobody_is_reached_and_every_port_is_free() throws Exception {
    Path socket = parent.resolve("socket");
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      unix.bind(UnixDomainSocketAddress.of(socket));
      int port = server.getLocalPort();
      run("! (exec 3<>/dev/tcp/127.0.0.1/%d) 2>/dev/null".formatted(port));
      run(
          """
          set -e
          [ -S '%1$s' ]
          python3 - <<'P'
          import socket
          socket.socket().bind(('127.0.0.1', %2$d))
          try:
              socket.socket(socket.AF_UNIX).connect('%1$s')
              raise SystemExit('the socket of the host was reached')
          except ConnectionRefusedError:
              pass
          P
          """
              .formatted(socket, port));
    }
    run(
        "[ ! -e /run/systemd ] && [ ! -e /run/dbus ] && [ \"$(ps -e -o pid= | head -1 | tr -d ' ')\" = 1 ]");
  }

  /** Says that it is ready, and does what it is asked to at the signal of its stop. */
  private static final String NOTIFYING =
      """
      import os, signal, socket, sys
      out = open('/run/lab-unit/said', 'w')
      mask = os.umask(0o77)
      caps = [l.split()[1] for l in open('/proc/self/status') if l.startswith('CapAmb')]
      print(os.getuid(), os.getgroups(), oct(mask), os.getcwd(), sys.argv[1:], file=out)
      print(os.environ['A'], os.environ['FROM_FILE'], os.environ['RUNTIME_DIRECTORY'], caps, file=out)
      out.close()
      def stop(*_):
          open('/run/lab-unit/stopped', 'w').close()
          sys.exit(0)
      signal.signal(signal.SIGUSR1, stop)
      socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'STATUS=up\\nREADY=1', os.environ['NOTIFY_SOCKET'])
      while True:
          signal.pause()
      """;

  private static Service unit(String files, String shown) {
    UnitText text = new UnitText("lab.service", "LoadState=loaded\n" + shown, files);
    KnownUnit known = new KnownUnit("lab.service", List.of(text), List.of(), "");
    return new Service("lab", new Control.Staged(known), List.of(), List.of());
  }

  private static String shown(String setting, String words) {
    return "%s={ path=/x ; argv[]=%s ; ignore_errors=no ; start_time=[n/a] ; status=0/0 }%n"
        .formatted(setting, words);
  }

  @Test
  void a_unit_is_run_as_systemd_would_run_it() throws Exception {
    Files.writeString(tree.resolve("program.py"), NOTIFYING);
    Files.writeString(tree.resolve("env"), "FROM_FILE='a b'\n");
    String program = "'" + tree.resolve("program.py").toString().replace("\\", "\\\\") + "'";
    Service service =
        unit(
            """
            [Service]
            ExecStart=/usr/bin/python3 %s 'one word' $A ${A}
            ExecStartPre=+/bin/sh -c 'id -u >/run/before'
            Environment="A=b c"
            """
                .formatted(program),
            """
            Type=notify
            User=nobody
            Group=daemon
            UMask=0027
            AmbientCapabilities=cap_net_bind_service
            RuntimeDirectory=lab-unit
            RuntimeDirectoryMode=0710
            WorkingDirectory=/usr
            KillSignal=10
            EnvironmentFiles=%s (ignore_errors=no)
            """
                    .formatted(tree.resolve("env"))
                + shown("ExecStartPre", "/bin/sh -c id -u >/run/before")
                + shown(
                    "ExecStart",
                    "/usr/bin/python3 " + tree.resolve("program.py") + " one word $A ${A}"));
    services.start(service, 1, LIMIT);
    assertThat(services.runs(service)).isTrue();
    run(
        """
        set -e
        [ "$(cat /run/before)" = 0 ]
        [ "$(stat -c '%U %G %a' /run/lab-unit)" = "nobody daemon 710" ]
        diff -u - /run/lab-unit/said <<'E' >&2
        65534 [1, 65534] 0o27 /usr ['one word', 'b', 'c', 'b c']
        b c a b /run/lab-unit ['0000000000000400']
        E
        """);
    services.stop(service, 1, false, LIMIT);
    assertThat(services.runs(service)).isFalse();
    run("[ -e /run/lab-unit/stopped ] && ! pgrep -f '[p]rogram.py'");
  }

  @Test
  void a_unit_that_falls_over_or_does_not_exist_says_so() {
    Service falls =
        unit(
            "[Service]\nExecStart=/bin/sh -c 'echo no such table >&2; exit 4'\n",
            "Type=notify\n" + shown("ExecStart", "/bin/sh -c echo no such table >&2; exit 4"));
    assertThatThrownBy(() -> services.start(falls, 1, LIMIT))
        .hasMessageContaining("lab: it does not start, without systemd")
        .hasMessageContaining("ended with 4 and said: no such table");
    Service lacks =
        unit(
            "[Service]\nExecStart=/usr/sbin/no-such-daemon\n",
            "Type=simple\n" + shown("ExecStart", "/usr/sbin/no-such-daemon"));
    assertThatThrownBy(() -> services.start(lacks, 1, LIMIT))
        .hasMessageContaining("the program /usr/sbin/no-such-daemon is not installed here");
  }

  /** A start that nobody but a systemd may make, off the stage. */
  @Test
  void a_unit_is_run_without_systemd_on_a_stage_only() {
    Service service =
        unit(
            "[Service]\nExecStart=/bin/sleep 61804\n",
            "Type=simple\n" + shown("ExecStart", "/bin/sleep 61804"));
    ServiceClient onHost = new ServiceClient(host, MOVE);
    assertThatThrownBy(() -> onHost.start(service, 1, LIMIT))
        .hasMessageContaining("a unit is run without systemd on a stage only");
    assertThat(running("61804")).isFalse();
  }

  @Test
  void a_daemon_that_has_ended_is_gone_for_who_waits_for_it() throws Exception {
    run(
        """
        # As init scripts do: the parent of the daemon is not there any more when it ends.
        pid=$( (sleep 0.1 >/dev/null & echo $!) )
        for i in $(seq 200); do kill -0 $pid 2>/dev/null || exit 0; sleep 0.05; done
        echo "$pid is still there" >&2
        exit 1
        """);
  }

  @Test
  void a_script_that_fails_says_why_and_what_it_left_ends_with_the_stage() throws Exception {
    assertThatThrownBy(() -> run("echo no such thing >&2; exit 3"))
        .hasMessageContaining("ended with 3")
        .hasMessageContaining("no such thing");
    run("setsid sleep 61803 </dev/null >/dev/null 2>&1 & true");
    assertThat(running("61803")).isTrue();
    stage.takeDown();
    assertThat(running("61803")).isFalse();
  }

  private static boolean running(String argument) {
    return ProcessHandle.allProcesses()
        .anyMatch(
            process ->
                process
                    .info()
                    .arguments()
                    .map(arguments -> List.of(arguments).contains(argument))
                    .orElse(false));
  }
}
