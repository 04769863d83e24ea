package dev.godwit.move;

import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.util.List;

/**
 * A lab host that starts its services as System V init does: scripts below /etc/init.d, started by
 * the links of run level 2.
 */
final class TestingBoot {
  static final List<String> SERVICES = TestingUnits.SERVICES;

  private static final String SCRIPT = "    script: %s\n    after: []\n    stop-limit: 4s\n";

  private TestingBoot() {}

  /** Both hosts of a move have the scripts, old starts them at boot, and the plan names them. */
  static void installBoth(TestingMove move) throws IOException {
    install(move.old());
    install(move.neu());
    link(move.old());
    move.changePlan(plan -> TestingUnits.planned(plan, SCRIPT));
  }

  /** Nothing is started at boot; dovecot has the script of its own package. */
  private static void install(LabHost host) throws IOException {
    host.must("bash", "-c", "rm -f /etc/rc?.d/S*");
    for (String service : SERVICES) {
      if (!service.equals("dovecot")) {
        host.writeFile(
            "/etc/init.d/" + service,
            """
            #!/bin/sh
            verb=$1
            [ "$verb" = status ] && verb=state
            exec /usr/local/sbin/lab-%s "$verb"
            """
                .formatted(service),
            "rwxr-xr-x");
      }
    }
  }

  /** They are started at boot from now on. */
  static void link(LabHost host) throws IOException {
    for (String service : SERVICES) {
      host.must("ln", "-s", "../init.d/" + service, "/etc/rc2.d/S20" + service);
    }
  }

  /** Every process ends without a word, /run and /tmp are empty, and the host starts again. */
  static void reboot(LabHost host) throws IOException {
    die(host);
    boot(host);
  }

  /** It does not answer any more. */
  static void die(LabHost host) throws IOException {
    // From within the host, -1 is all its processes but the first, which is the lab's own. A killed
    // process holds its port until its last thread is gone.
    host.must(
        "bash",
        "-c",
        """
        kill -KILL -1
        alive() {
          for d in /proc/[0-9]*; do
            [ $d = /proc/1 ] || [ $d = /proc/$$ ] && continue
            threads=($d/task/*)
            read -r stat 2>/dev/null <$d/stat || continue
            [[ ${#threads[@]} = 1 && ${stat##*) } = Z* ]] || return 0
          done
          return 1
        }
        while alive; do sleep 0.01; done
        """);
    host.must("bash", "-c", "rm -rf /run/* /run/.[a-z]* /tmp/*; mkdir -p /run/sshd /run/lock");
    forget(host);
  }

  static void boot(LabHost host) throws IOException {
    beginBoot(host);
    awaitGoneOn(host);
  }

  /** For where what goes on stays, such as beside another host that is dead. */
  static void beginBoot(LabHost host) throws IOException {
    host.must("/usr/sbin/sshd", "-f", "/etc/ssh/sshd_config");
    // As rc(8) does: in the order of their names.
    host.must(
        "bash",
        "-c",
        "for s in /etc/rc2.d/S*; do [ -e $s ] && $s start </dev/null >>/var/log/boot 2>&1; done; true");
  }

  /** What goes on by itself is to have done so: a test looks at it next. */
  static void awaitGoneOn(LabHost host) throws IOException {
    host.must(
        "bash",
        "-c",
        "for ((i = 0; i < 300; i++)); do pgrep -f '[ ]go-on /' || exit 0; sleep .1; done");
  }

  /** What a kernel forgets that goes down. */
  static void forget(LabHost host) throws IOException {
    host.must(
        "bash",
        "-c",
        "for f in -4 -6; do while ip $f rule del lookup 103; do :; done; ip $f route flush table 103; done 2>/dev/null;"
            + " sysctl -q net.ipv4.tcp_fwmark_accept=0 net.ipv4.fwmark_reflect=0 net.ipv6.fwmark_reflect=0");
    host.must( // random(4): another one in each boot
        "bash",
        "-c",
        """
        id=/proc/sys/kernel/random/boot_id
        umount $id 2>/dev/null || true
        cat /proc/sys/kernel/random/uuid >/var/lib/boot-id
        mount --bind /var/lib/boot-id $id
        """);
  }
}
