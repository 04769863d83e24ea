package dev.godwit.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read of a unit that is to be run without systemd, and which are not. */
final class StagedUnitTest {
  private static final String FILES =
      """
      # /lib/systemd/system/web.service
      [Unit]
      Description=ExecStart=/not/this

      [Service]
      Type=forking
      ExecStartPre=/usr/sbin/web -t \\
        # a comment in between
        -q
      ExecStart=/usr/sbin/old
      Environment=A=b "C=d e"
      ExecStop=-/sbin/stopper --pidfile /run/web.pid

      # /etc/systemd/system/web.service.d/more.conf
      [Service]
      ExecStart=
      ExecStart=/usr/sbin/web -g 'daemon on;' $OPTS
      ExecStartPost=/bin/sh -c "systemctl unset-environment X"
      """;

  private static final String SHOWN =
      """
      Type=forking
      User=www
      Group=web
      SupplementaryGroups=adm mail
      PIDFile=/run/web.pid
      KillMode=mixed
      KillSignal=3
      TimeoutStopUSec=1min 30s
      UMask=0027
      LimitNOFILE=524288
      LimitNOFILESoft=1024
      AmbientCapabilities=cap_net_bind_service
      RuntimeDirectory=web web/tmp
      RuntimeDirectoryMode=0750
      EnvironmentFiles=/etc/default/web (ignore_errors=yes)
      EnvironmentFiles=/etc/web.env (ignore_errors=no)
      WorkingDirectory=!/srv/web
      ExecStartPre={ path=/usr/sbin/web ; argv[]=/usr/sbin/web -t -q ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
      ExecStart={ path=/usr/sbin/web ; argv[]=/usr/sbin/web -g daemon on; $OPTS ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
      ExecStartPost={ path=/bin/sh ; argv[]=/bin/sh -c systemctl unset-environment X ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
      ExecStop={ path=/sbin/stopper ; argv[]=/sbin/stopper --pidfile /run/web.pid ; ignore_errors=yes ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
      """;

  private static StagedUnit read(String shown, String files) throws ServiceException {
    return StagedUnit.of(new UnitText("web.service", shown, files));
  }

  @Test
  void what_systemd_would_do_is_read() throws Exception {
    StagedUnit unit = read(SHOWN, FILES);
    assertThat(unit.type()).isEqualTo(StagedUnit.Type.FORKING);
    assertThat(unit.before().getFirst().words()).containsExactly("/usr/sbin/web", "-t", "-q");
    assertThat(unit.start())
        .containsExactly(
            new StagedUnit.Line(
                List.of("/usr/sbin/web", "-g", "daemon on;", "$OPTS"), false, false, true));
    assertThat(unit.stop().getFirst().mayFail()).isTrue();
    assertThat(unit.environment()).containsExactly("A=b", "C=d e");
    assertThat(unit.environmentFiles()).containsExactly("-/etc/default/web", "/etc/web.env");
    assertThat(unit.owner()).isEqualTo(new StagedUnit.Owner("www", "web", List.of("adm", "mail")));
    assertThat(unit.capabilities()).containsExactly("+net_bind_service");
    assertThat(unit.kill())
        .isEqualTo(new StagedUnit.Kill(StagedUnit.KillMode.MIXED, 3, Duration.ofSeconds(90)));
    assertThat(unit.mask()).isEqualTo(027);
    assertThat(unit.limits())
        .containsExactly(new StagedLimit("nofile", "Max open files", 1024, 524_288));
    assertThat(unit.folders())
        .containsExactly(
            new StagedUnit.Folder("RUNTIME_DIRECTORY", Path.of("/run/web"), 0750),
            new StagedUnit.Folder("RUNTIME_DIRECTORY", Path.of("/run/web/tmp"), 0750));
    assertThat(unit.directory()).isEqualTo("/srv/web");
    assertThat(unit.mayLackDirectory()).isTrue();
  }

  @Test
  void what_speaks_to_systemd_is_left_out_and_said_to_be() throws Exception {
    StagedUnit unit = read(SHOWN, FILES);
    assertThat(unit.after()).isEmpty();
    assertThat(unit.leftOut())
        .containsExactly("ExecStartPost=/bin/sh -c systemctl unset-environment X");
    assertThatThrownBy(
            () ->
                read(
                    SHOWN.replace("/usr/sbin/web -g daemon on; $OPTS", "/bin/systemctl start x"),
                    FILES.replace("/usr/sbin/web -g 'daemon on;' $OPTS", "/bin/systemctl start x")))
        .hasMessage("its ExecStart speaks to systemd");
  }

  @Test
  void an_option_that_is_named_for_systemctl_does_not_speak_to_it() throws Exception {
    String line = "/usr/bin/pg_ctlcluster --skip-systemctl-redirect 15-main start";
    StagedUnit unit =
        read(
            SHOWN.replace("/usr/sbin/web -g daemon on; $OPTS", line),
            FILES.replace("/usr/sbin/web -g 'daemon on;' $OPTS", line));
    assertThat(unit.start().getFirst().words()).contains("--skip-systemctl-redirect");
  }

  @Test
  void a_line_that_systemd_shows_otherwise_is_not_run() {
    assertThatThrownBy(() -> read(SHOWN.replace("-g daemon on;", "-g daemon off;"), FILES))
        .hasMessage("its ExecStart could not be read as systemd reads it");
  }

  @ParameterizedTest
  @CsvSource({
    "Type=forking, Type=dbus, it is of Type=dbus",
    "KillMode=mixed, DynamicUser=yes, systemd makes a user for it (DynamicUser=yes)",
    "KillMode=mixed, Delegate=yes, it has a control group of its own (Delegate=yes)"
  })
  void what_only_systemd_can_give_is_told(String was, String is, String why) {
    assertThatThrownBy(() -> read(SHOWN.replace(was, is), FILES)).hasMessage(why);
  }

  @ParameterizedTest
  @CsvSource({
    "RootDirectory=/srv/root, systemd gives it what RootDirectory= says",
    "LoadCredential=a:/b, systemd gives it what LoadCredential= says",
    "StandardInput=socket, it reads from socket"
  })
  void what_its_files_want_of_systemd_is_told(String line, String why) {
    assertThatThrownBy(() -> read(SHOWN, FILES + line + "\n")).hasMessage(why);
  }

  @Test
  void the_owner_of_other_commands_may_be_root() throws Exception {
    StagedUnit unit = read(SHOWN + "PermissionsStartOnly=yes\n", FILES);
    assertThat(unit.before().getFirst().isPrivileged()).isTrue();
    assertThat(unit.start().getFirst().isPrivileged()).isFalse();
  }
}
