package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccountsTest {
  @TempDir Path folder;

  @Test
  void every_account_of_this_host_is_found_by_name_and_number() throws Exception {
    for (String line : output("getent", "passwd").lines().toList()) {
      List<String> fields = List.of(line.split(":", -1));
      int uid = Integer.parseUnsignedInt(fields.get(2));
      Accounts.User user = Accounts.user(fields.getFirst());
      assertThat(user)
          .isEqualTo(
              new Accounts.User(
                  fields.getFirst(), uid, Integer.parseUnsignedInt(fields.get(3)), fields.get(5)));
      assertThat(Accounts.user(uid)).extracting("uid").isEqualTo(uid);
    }
    for (String line : output("getent", "group").lines().toList()) {
      List<String> fields = List.of(line.split(":", -1));
      int gid = Integer.parseUnsignedInt(fields.get(2));
      assertThat(Accounts.group(fields.getFirst()))
          .isEqualTo(new Accounts.Group(fields.getFirst(), gid));
      assertThat(Accounts.group(gid)).extracting("gid").isEqualTo(gid);
    }
  }

  @Test
  void h11_who_is_not_known_is_nobody_at_all() throws Exception {
    for (String name : List.of("", "no such user", "-1", "0", "root\0", "ROOT")) {
      assertThat(Accounts.user(name)).as(name).isNull();
      assertThat(Accounts.group(name)).as(name).isNull();
    }
    assertThat(Accounts.user(2_000_000_123)).isNull();
    assertThat(Accounts.group(-2)).isNull();
  }

  @Test
  void groups_of_a_user_are_those_of_id() throws Exception {
    Accounts.User user = Objects.requireNonNull(Accounts.user("backup"));
    String[] expected = output("id", "-G", "backup").strip().split(" ", -1);
    assertThat(Accounts.groupsOf(user))
        .containsExactlyInAnyOrder(Arrays.stream(expected).mapToInt(Integer::parseInt).toArray());
  }

  @Test
  void identity_is_that_of_this_process() throws Exception {
    assertThat(Identity.user()).isEqualTo(Integer.parseInt(output("id", "-u").strip()));
    assertThat(Identity.group()).isEqualTo(Integer.parseInt(output("id", "-g").strip()));
    String[] groups = output("id", "-G").strip().split(" ", -1);
    for (int group : Identity.groups()) {
      assertThat(groups).contains(Integer.toUnsignedString(group));
    }
    int mask = Identity.mask();
    assertThat(Files.readString(Path.of("/proc/self/status")))
        .contains("Umask:\t%04o\n".formatted(mask));
  }

  @Test
  void the_mask_is_asked_for_without_being_changed(@TempDir Path folder) throws Exception {
    int mask = Identity.mask();
    ExecutorService asking = Executors.newFixedThreadPool(2);
    try {
      List<Future<Boolean>> all = new ArrayList<>();
      for (int thread = 0; thread < 2; thread++) {
        all.add(
            asking.submit(
                () -> {
                  boolean same = true;
                  for (int i = 0; i < 500; i++) {
                    same &= Identity.mask() == mask;
                  }
                  return same;
                }));
      }
      int made = 0;
      while (!all.stream().allMatch(Future::isDone)) {
        Path file = Files.createFile(folder.resolve("made" + made++));
        assertThat((int) Files.getAttribute(file, "unix:mode") & 0777).isEqualTo(0666 & ~mask);
      }
      for (Future<Boolean> same : all) {
        assertThat(same.get()).isTrue();
      }
      assertThat(made).isPositive();
    } finally {
      asking.shutdown();
    }
    assertThat(Identity.mask()).isEqualTo(mask);
  }

  @Test
  void h2_a_process_that_became_another_has_nothing_left_of_root() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                TestingBecome.class.getName(),
                "1234",
                "1235",
                "1236")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(TestingPatience.LIMIT)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(out.lines().toList())
        .as("one status for each thread, all alike")
        .hasSizeGreaterThan(3)
        .allMatch(
            line -> line.equals("1234 1234 1234 1234|1235 1235 1235 1235|1236|0000000000000000"));
  }

  private static String output(String... command) throws Exception {
    Process process = new ProcessBuilder(command).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return out;
  }
}
