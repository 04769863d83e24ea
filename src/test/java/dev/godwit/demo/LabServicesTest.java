package dev.godwit.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("lab")
class LabServicesTest {
  private static Lab lab;
  private static LabServices services;

  @BeforeAll
  static void up() throws Exception {
    lab = Lab.start(LabOptions.forFiles(100));
    services = new LabServices(lab);
    services.install();
    lab.old().must("mkdir", "-p", "/srv/notes", "/srv/www");
    lab.old().writeFile("/srv/www/index.html", "hello\n");
  }

  @AfterAll
  static void down() {
    lab.close();
  }

  @Test
  void every_service_starts_answers_stops_and_says_its_state() throws Exception {
    assertThat(services.names()).containsExactly("dovecot", "nginx", "app");
    for (int round = 0; round < 3; round++) {
      for (String name : services.names()) {
        assertThat(state(name)).as(name).isEqualTo(3);
        lab.old().must(argv(name, "start"));
        assertThat(state(name)).as(name).isZero();
        lab.old().must(argv(name, "start")); // a second time changes nothing
        lab.old().must(argv(name, "stop"));
        assertThat(state(name)).as(name).isEqualTo(3);
        lab.old().must(argv(name, "stop"));
      }
    }
  }

  @Test
  void new_reaches_old_by_ssh_with_strict_host_keys() throws Exception {
    for (String address : List.of("old", Lab.OLD_ADDRESS, "fd67::2")) {
      String said =
          lab.neu()
              .must(
                  "ssh",
                  "-o",
                  "StrictHostKeyChecking=yes",
                  "-i",
                  "/root/.ssh/id_ed25519",
                  "root@" + address,
                  "hostname; echo $JAVA_HOME");
      assertThat(said).isEqualTo("old\n" + System.getProperty("java.home") + "\n");
    }
    lab.old().must("ssh", "root@new", "true");
  }

  private static int state(String name) throws Exception {
    return lab.old().run(argv(name, "state")).exit();
  }

  private static String[] argv(String name, String verb) {
    return LabServices.argv(name, verb).toArray(String[]::new);
  }
}
