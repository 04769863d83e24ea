package dev.godwit.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.mirror.MountChoice;
import dev.godwit.service.Check;
import dev.godwit.service.Control;
import dev.godwit.service.Service;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PlanReaderTest {
  @TempDir private Path folder;

  @Test
  void the_template_names_every_key_that_a_plan_can_have() throws Exception {
    Path classes = Path.of(PlanReader.class.getResource("PlanReader.class").toURI()).getParent();
    List<String> missing = new ArrayList<>();
    int shapes = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(classes, "*.class")) {
      for (Path file : files) {
        String name = file.getFileName().toString().replace(".class", "");
        for (Field field : Class.forName("dev.godwit.plan." + name).getDeclaredFields()) {
          if (field.getType() == Section.Shape.class) {
            field.setAccessible(true);
            Section.Shape shape = (Section.Shape) Objects.requireNonNull(field.get(null));
            shapes++;
            shape.keys().stream()
                .filter(key -> !PlanTemplate.text().matches("(?s).*[ \\n{,#-]" + key + ":.*"))
                .forEach(key -> missing.add(shape.name() + ": " + key));
          }
        }
      }
    }
    assertThat(shapes).as("kinds of mappings").isGreaterThan(10);
    assertThat(missing).isEmpty();
  }

  @Test
  void the_template_is_a_plan_that_shows_every_key() throws Exception {
    Path file = write(PlanTemplate.text());

    Plan plan = PlanReader.read(file);

    assertThat(plan.move()).isEqualTo("mail");
    assertThat(plan.oldHost()).isEqualTo(new Endpoint.Ssh("root@old.example.org"));
    assertThat(plan.newHost()).isEqualTo(new Endpoint.Local());
    assertThat(plan.ssh()).isEmpty();
    assertThat(plan.files())
        .containsExactly(
            new FileTree("/var/vmail", "/var/vmail", List.of()),
            new FileTree("/var/www", "/var/www", List.of("*.tmp")),
            new FileTree("/srv/app", "/srv/app", List.of()));
    assertThat(plan.services())
        .containsExactly(
            new PlannedService(
                new Service(
                    "dovecot",
                    new Control.Unit("dovecot.service"),
                    List.of(143, 993),
                    List.of(
                        new Check.Imap(143, "probe@example.org", Path.of("/root/probe.secret")))),
                ClientAddress.TRANSPARENT),
            new PlannedService(
                new Service(
                    "web",
                    new Control.Unit("nginx.service"),
                    List.of(80, 443),
                    List.of(
                        new Check.Http(URI.create("http://localhost/")),
                        new Check.Http(URI.create("https://www.example.org/"))),
                    List.of("dovecot"),
                    Service.When.AT_CUTOVER,
                    Service.Stopping.DEFAULT),
                ClientAddress.TRANSPARENT),
            new PlannedService(
                new Service(
                    "worker",
                    new Control.Commands(
                        List.of("service", "worker", "start"),
                        List.of("service", "worker", "stop"),
                        List.of("service", "worker", "status")),
                    List.of(),
                    List.of(),
                    List.of("web"),
                    Service.When.AT_CUTOVER,
                    Service.Stopping.DEFAULT),
                ClientAddress.TRANSPARENT));
    assertThat(plan.limits()).isEqualTo(Limits.DEFAULT);
    assertThat(plan.relay()).isNull();
    assertThat(plan.file()).isEqualTo(file);
  }

  @Test
  void owners_are_pairs_in_one_text_or_a_list() throws Exception {
    Plan plan =
        PlanReader.read(
            write(
                """
                move: mail
                old: root@mail.example.org
                new: local
                usermap: vmail:virtual, 1001:2001
                groupmap: [vmail:virtual, "1001:2001,2001:1001"]
                services: [{ name: mail, unit: dovecot.service, ports: [143] }]
                """));
    assertThat(plan.owners())
        .isEqualTo(
            new PlannedOwners(
                List.of(new OwnerPair("vmail", "virtual"), new OwnerPair("1001", "2001")),
                List.of(
                    new OwnerPair("vmail", "virtual"),
                    new OwnerPair("1001", "2001"),
                    new OwnerPair("2001", "1001"))));
  }

  @Test
  void one_host_whose_files_change_their_place() throws Exception {
    Plan plan =
        PlanReader.read(
            write(
                """
                move: home
                old: root@mail.example.org
                new: same
                files: [{ path: /mnt/efs/vmail, to: /var/vmail }]
                services: [{ name: mail, unit: dovecot.service, ports: [143] }]
                place:
                  command: [ln, -sfnT, "{to}", /srv/vmail]
                  where: [readlink, /srv/vmail]
                  old: /mnt/efs/vmail
                  new: /var/vmail
                """));
    assertThat(plan.isWithinHost()).isTrue();
    assertThat(plan.newHost()).isEqualTo(plan.oldHost());
    assertThat(plan.place())
        .isEqualTo(
            new PlannedPlace(
                List.of("ln", "-sfnT", "{to}", "/srv/vmail"),
                List.of("readlink", "/srv/vmail"),
                "/mnt/efs/vmail",
                "/var/vmail",
                Duration.ofSeconds(10)));
  }

  @Test
  void what_the_plan_leaves_away_has_a_default() throws Exception {
    Plan plan =
        PlanReader.read(
            write(
                """
                move: web
                old: local
                new: ssh://root@new.example.org:2222
                services: [{ name: web, unit: nginx.service, ports: [80] }]
                """));

    assertThat(plan.files()).isEmpty();
    assertThat(plan.limits())
        .isEqualTo(
            new Limits(
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                GateLimits.NONE,
                0,
                Limits.MEASURED,
                0));
    assertThat(plan.services().getFirst().clientAddress()).isEqualTo(ClientAddress.TRANSPARENT);
    assertThat(plan.services().getFirst().service().checks())
        .as("each port must accept a connection")
        .containsExactly(new Check.Tcp(80));
  }

  @Test
  void every_optional_key_arrives() throws Exception {
    Plan plan =
        PlanReader.read(
            write(
                """
                move: web
                old: old-host          # a name of the ssh configuration
                new: root@2001:db8::7
                ssh: [-p, 2222, -o, "StrictHostKeyChecking yes"]
                files:
                  - { path: /var/www/, to: "/srv/w w\\nw", exclude: ["*.tmp", cache] }
                services:
                  - name: web
                    unit: "nginx@1.service"
                    ports: [80]
                    sockets: [/run/web.sock]
                    client-address: proxy-v2
                    per-client: 20
                    check: { http: "http://localhost:8443/a?b", status: 204 }
                limits: { hold: 750ms, drain: 0s, max: 2000, per-client: 200, release-rate: 500, growth: 150%, bwlimit: 20m }
                relay: { address: "2001:db8::7", port: 4190 }
                """));

    assertThat(plan.oldHost().display()).isEqualTo("old-host");
    assertThat(plan.newHost().display()).isEqualTo("root@2001:db8::7");
    assertThat(plan.ssh()).containsExactly("-p", "2222", "-o", "StrictHostKeyChecking yes");
    assertThat(plan.files())
        .containsExactly(new FileTree("/var/www", "/srv/w w\nw", List.of("*.tmp", "cache")));
    PlannedService web = plan.services().getFirst();
    assertThat(web.clientAddress()).isEqualTo(ClientAddress.PROXY_V2);
    assertThat(web.sockets()).containsExactly(Path.of("/run/web.sock"));
    assertThat(web.service().checks().getFirst().display())
        .isEqualTo("http http://localhost:8443/a?b answers 204");
    assertThat(plan.limits())
        .isEqualTo(
            new Limits(
                Duration.ofMillis(750),
                Duration.ZERO,
                new GateLimits(2000, 200),
                500,
                150,
                20 << 20));
    assertThat(web.limits()).isEqualTo(new GateLimits(0, 20));
    assertThat(web.limits().orElse(plan.limits().gate()))
        .as("what the service does not say, the plan does")
        .isEqualTo(new GateLimits(2000, 20));
    assertThat(plan.relay()).isEqualTo(new Relay(InetAddress.ofLiteral("2001:db8::7"), 4190));
  }

  @Test
  void mounts_are_written_as_in_a_mirror_s_file() throws Exception {
    Plan plan =
        PlanReader.read(
            write(
                """
                move: web
                old: old-host
                new: local
                files:
                  - { path: /a, mounts: [data/, ./all, "b\u00fc"] }
                  - { path: /b, mounts: all }
                  - { path: /c, mounts: data }
                  - /d
                services: [{ name: web, unit: web.service }]
                """));
    assertThat(plan.files())
        .extracting(FileTree::mounts)
        .containsExactly(
            new MountChoice(List.of("data", "all", "b\u00c3\u00bc"), false),
            new MountChoice(List.of(), true),
            new MountChoice(List.of("data"), false),
            MountChoice.NONE);
  }

  @Test
  void checks_are_shown_as_they_are_spoken_of() {
    assertThat(new Check.Tcp(25).display()).isEqualTo("tcp 25");
    assertThat(new Check.Imap(143, "probe@example.org", Path.of("/secret")).display())
        .isEqualTo("imap 143 as probe@example.org");
    assertThat(new Check.Http(URI.create("http://localhost/"), 200, 299).display())
        .isEqualTo("http http://localhost/ answers 200-299");
    assertThat(new Check.Http(URI.create("http://localhost/"), 200, 399, "wanted").display())
        .isEqualTo("http http://localhost/ with \"wanted\"");
    assertThat(new Check.Command(List.of("mariadb-admin", "ping"), Duration.ZERO).display())
        .isEqualTo("command mariadb-admin ping");
  }

  @Test
  void a_check_may_be_a_command() throws Exception {
    Plan plan =
        PlanReader.read(
            write(
                """
                move: m
                old: old-host
                new: local
                files: [/a]
                services:
                  - name: database
                    unit: mariadb.service
                    check:
                      - { command: [mariadb-admin, ping] }
                      - { command: [/usr/local/sbin/probe, 1], limit: 2s }
                """));
    assertThat(plan.services().getFirst().service().checks())
        .containsExactly(
            new Check.Command(List.of("mariadb-admin", "ping"), Duration.ofSeconds(10)),
            new Check.Command(List.of("/usr/local/sbin/probe", "1"), Duration.ofSeconds(2)));
  }

  @Test
  void a_file_that_cannot_be_read_is_a_problem_of_the_plan() throws IOException {
    Path missing = folder.resolve("missing.yaml");
    assertThatThrownBy(() -> PlanReader.read(missing))
        .isInstanceOf(PlanException.class)
        .hasMessage(missing + ": no such file; `godwit init` writes a plan to start from");
    assertThatThrownBy(() -> PlanReader.read(folder))
        .hasMessage(folder + ": is a directory, expected a plan file such as move.yaml");
    Path large = write("#".repeat((1 << 20) + 1));
    assertThatThrownBy(() -> PlanReader.read(large))
        .hasMessage(large + ": is larger than 1 MiB, which no plan is");
  }

  @Test
  @Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void a_pipe_that_nobody_writes_to_is_not_waited_for() throws Exception {
    Path pipe = folder.resolve("pipe.yaml");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> PlanReader.read(pipe))
        .hasMessage(pipe + ": is a pipe or a device, expected a plan file such as move.yaml");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "root@",
        "@new",
        "@",
        "ssh://root@",
        "ssh://root@:22",
        "ssh://@new:22/",
        "ssh:///"
      })
  void a_host_without_its_name_or_a_user_without_his_is_none(String host) throws IOException {
    Path file =
        write(
            "move: m\nold: local\nnew: \""
                + host
                + "\"\nservices: [{ name: a, unit: a.service }]\n");
    assertThatThrownBy(() -> PlanReader.read(file))
        .hasMessageContaining(
            ":3:6: new: found \"" + host + "\", expected an ssh destination such as root@new");
  }

  @Test
  void a_message_begins_with_the_place_in_the_file() throws IOException {
    Path file = write("move: mail\nold: local\nnew: local\nservices: 5\n");
    assertThatThrownBy(() -> PlanReader.read(file))
        .hasMessage(
            file
                + ":3:6: new: found \"local\", expected another host than \"old\", or \"same\" when"
                + " only the place of its files changes\n"
                + file
                + ":4:11: services: found the number 5, expected a list of the services that are"
                + " moved, in start order");
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("move.yaml"), text);
  }
}
