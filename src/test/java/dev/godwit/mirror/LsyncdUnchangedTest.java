package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Configurations of lsyncd as users have them, to the last letter: in mount, network and process
 * namespaces with empty places at the paths that they name, and with a host of the name that they
 * name. All that was started ends with the namespaces.
 */
@Tag("lab")
@Timeout(value = 600, unit = TimeUnit.SECONDS)
final class LsyncdUnchangedTest {
  /** Waits until a command succeeds; who started this has the limit. */
  private static final String UNTIL = "until_() { until \"$@\"; do sleep 0.1; done; }\n";

  private static final String SAME =
      "same() { test -z \"$(rsync -naHAXi --delete --numeric-ids \"$1/\" \"$2/\")\"; }\n";

  @Test
  void a_local_one() throws Exception {
    String outcome =
        run(
            """
            settings { logfile = "/var/log/lsyncd/lsyncd.log", statusFile = "/var/log/lsyncd/lsyncd-status.log", statusInterval = 20 }
            sync { default.rsync, source = "/var/vmail", target = "/mnt/efs/vmail", delay = 5, rsync = { archive = true } }
            """,
            """
            mkdir -p /var/log/lsyncd /var/vmail/jane/cur /mnt/efs
            echo 1 >/var/vmail/jane/cur/first
            chown -R 7:8 /var/vmail/jane
            "$@"
            until_ same /var/vmail /mnt/efs/vmail
            until_ grep -q 'Sync1: live' /var/log/lsyncd/lsyncd.log
            mkdir -p /var/vmail/jane/new
            echo 2 >/var/vmail/jane/new/second
            rm /var/vmail/jane/cur/first
            until_ test -s /mnt/efs/vmail/jane/new/second
            until_ same /var/vmail /mnt/efs/vmail
            until_ test -s /var/log/lsyncd/lsyncd-status.log
            cat /var/log/lsyncd/lsyncd-status.log
            """);
    assertThat(outcome).contains("Lsyncd status report at ", "Sync1 source=/var/vmail/");
  }

  @Test
  void one_over_ssh() throws Exception {
    assumeThat(TestingMirrorCommand.jar()).as("packaged before").isRegularFile();
    String outcome =
        run(
            """
            settings { logfile = "/var/log/lsyncd/lsyncd.log", statusFile = "/var/log/lsyncd/lsyncd.status", nodaemon = false }
            sync { default.rsyncssh, source="/var/www/html", host="other.example.org", targetdir="/var/www/html",
              rsync = { archive=true, compress=true, temp_dir="/var/www/temp", update=true, links=true, times=true, protect_args=true },
              delay=3, ssh = { port = 22 } }
            """,
            """
            ip link set lo up
            mount -t tmpfs none /etc/ssh/ssh_config.d
            mkdir -p /run/sshd /run/keys /run/agent
            ssh-keygen -q -t ed25519 -N '' -f /run/keys/host
            ssh-keygen -q -t ed25519 -N '' -f /run/keys/user
            echo '127.0.0.1 localhost other.example.org' >/run/hosts
            mount --bind /run/hosts /etc/hosts
            echo "other.example.org $(cat /run/keys/host.pub)" >/run/keys/known
            echo 'IdentityFile /run/keys/user
            IdentitiesOnly yes
            UserKnownHostsFile /run/keys/known' >/etc/ssh/ssh_config.d/test.conf
            echo 'ListenAddress 127.0.0.1
            HostKey /run/keys/host
            AuthorizedKeysFile /run/keys/user.pub
            PidFile none
            StrictModes no
            UsePAM no
            SetEnv GODWIT_AGENT_FOLDER=/run/agent' >/run/sshd_config
            # The other host has a /var of its own.
            unshare --mount sh -c 'mount -t tmpfs none /var && mkdir -p /var/www && exec /usr/sbin/sshd -D -f /run/sshd_config' &
            far=/proc/$!/root/var/www/html
            mkdir -p /var/log/lsyncd /var/www/html/css
            echo 1 >/var/www/html/index
            chown -R 33:33 /var/www/html
            "$@"
            until_ same /var/www/html $far
            until_ grep -q 'Sync1: live' /var/log/lsyncd/lsyncd.log
            echo 2 >/var/www/html/css/new
            ln -s css/new /var/www/html/link
            rm /var/www/html/index
            until_ test -s $far/css/new
            until_ same /var/www/html $far
            test ! -e /var/www/temp
            until_ test -s /var/log/lsyncd/lsyncd.status
            cat /var/log/lsyncd/lsyncd.status
            """);
    assertThat(outcome).contains("Lsyncd status report at ", "Sync1 source=/var/www/html/");
  }

  /**
   * Runs {@code godwit lsyncd CONFIGURATION} in a script.
   *
   * @return what was said
   */
  private static String run(String configuration, String script)
      throws IOException, InterruptedException {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path file = Files.writeString(m.tree.top().resolve("lsyncd.conf.lua"), configuration);
      Path all =
          Files.writeString(
              m.tree.top().resolve("script"),
              "set -e\nfor d in /var /mnt /run; do mount -t tmpfs none $d; done\n"
                  + UNTIL
                  + SAME
                  + script);
      Process process =
          m.startUnder(
              List.of(
                  "unshare",
                  "--mount",
                  "--net",
                  "--pid",
                  "--fork",
                  "--mount-proc",
                  "--kill-child",
                  "sh",
                  all.toString()),
              "lsyncd",
              file.toString());
      assertThat(m.await(process)).as(m.output()).isZero();
      return m.output();
    }
  }
}
