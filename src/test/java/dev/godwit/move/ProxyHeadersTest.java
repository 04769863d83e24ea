package dev.godwit.move;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Services that are told by a PROXY header who their client is: nginx, behind a server that takes
 * headers from its own host and connections without one from anybody.
 */
@Tag("lab")
class ProxyHeadersTest {
  private static final String SCRIPT = "/usr/local/sbin/lab-nginx";
  private static final String LOG = "/var/log/nginx/access.log";

  private static final String WITH_FRONT =
      """
      #!/bin/bash
      . /usr/local/lib/lab-functions
      front() { { read -r pid </run/front.pid; } 2>/dev/null && alive "$pid" && echo "$pid"; }
      case ${1-} in
        start)
          %1$s-behind start || exit 1
          [ -n "$(front)" ] || {
            setsid python3 /usr/local/sbin/front.py 80 8081 </dev/null >>/var/log/front 2>&1 &
            echo $! >/run/front.pid
          }
          wait_answer 80
          ;;
        stop)
          %1$s-behind stop
          pid=$(front) && kill -TERM "$pid"
          wait_gone 10 front
          ;;
        *) %1$s-behind "$1" ;;
      esac
      """
          .formatted(SCRIPT);

  @ParameterizedTest
  @ValueSource(strings = {"proxy-v1", "proxy-v2"})
  void the_service_on_new_knows_who_has_come_to_old(String mode) throws Exception {
    try (TestingMove move = TestingMove.up(100)) {
      move.old().must(SCRIPT, "stop");
      for (LabHost host : List.of(move.old(), move.neu())) {
        putInFront(host);
      }
      move.old().must(SCRIPT, "start");
      move.changePlan(
          plan -> {
            int nginx = plan.indexOf("- name: nginx");
            return plan.substring(0, nginx)
                + plan.substring(nginx)
                    .replaceFirst("client-address: transparent", "client-address: " + mode);
          });
      move.startClient();
      move.awaitRequests(20);
      assertThat(move.godwit(0, "check")).contains("No errors");
      move.godwit(0, "start");
      move.godwit(0, "rehearse");
      move.godwit(0, "cutover", "--yes");
      move.awaitRequests(60);
      assertThat(visitors(move.neu()))
          .as("told by the header")
          .contains(Lab.CLIENT_ADDRESS)
          .doesNotContain(Lab.OLD_ADDRESS);
      assertThat(move.godwit(0, "status")).contains(Lab.CLIENT_ADDRESS);
      move.godwit(0, "rollback", "--yes");
      move.awaitRequests(60);
      move.proveRolledBack();
    }
  }

  private static void putInFront(LabHost host) throws IOException {
    host.must("mv", SCRIPT, SCRIPT + "-behind");
    host.must("sed", "-i", "s/wait_answer 80/wait_answer 8081/", SCRIPT + "-behind");
    host.writeFile(SCRIPT, WITH_FRONT, "rwxr-xr-x");
    try (InputStream front =
        Objects.requireNonNull(ProxyHeadersTest.class.getResourceAsStream("proxy-front.py"))) {
      host.writeFile("/usr/local/sbin/front.py", new String(front.readAllBytes(), UTF_8));
    }
    String nginx = new String(host.readFile("/etc/nginx/nginx.conf"), UTF_8);
    host.writeFile(
        "/etc/nginx/nginx.conf",
        nginx
            .replace(
                "listen 80 default_server backlog=1024;",
                """
                listen 127.0.0.1:8081 proxy_protocol;
                    set_real_ip_from 127.0.0.1;
                    real_ip_header proxy_protocol;""")
            .replace("listen [::]:80 default_server backlog=1024;", ""));
  }

  /** Who has come, as nginx has it. */
  private static List<String> visitors(LabHost host) throws IOException {
    return new String(host.readFile(LOG), UTF_8)
        .lines()
        .map(line -> line.substring(0, line.indexOf(' ')))
        .distinct()
        .toList();
  }
}
