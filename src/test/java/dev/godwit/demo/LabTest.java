package dev.godwit.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("lab")
class LabTest {
  /** What has to be gone once a lab has ended. */
  private record Parts(List<Long> processes, List<String> networks, List<String> loops) {
    static Parts of(List<Long> pids, List<String> mounts) {
      List<String> networks = new ArrayList<>();
      pids.forEach(pid -> networks.add(TestingMachine.linkOf(Path.of("/proc/" + pid))));
      List<String> loops = new ArrayList<>();
      for (String line : mounts) {
        if (line.startsWith("/dev/loop")) {
          loops.add(line.split(" ")[0].substring(5));
        }
      }
      assertThat(networks).doesNotContain(""); // one that has ended has none
      return new Parts(pids, networks, loops);
    }

    void assertGone() throws Exception {
      TestingPatience.await(() -> "the end of " + left(), () -> left().isEmpty());
    }

    private List<String> left() throws IOException {
      List<String> left = new ArrayList<>();
      for (long pid : processes) {
        ProcessHandle.of(pid).filter(ProcessHandle::isAlive).ifPresent(p -> left.add("pid " + pid));
      }
      for (String network : networks) {
        if (TestingMachine.namespaceIsUsed(network)) {
          left.add(network);
        }
      }
      for (String loop : loops) {
        if (TestingMachine.loopIsUsed(loop)) {
          left.add(loop);
        }
      }
      return left;
    }
  }

  @Test
  void a_lab_that_is_closed_leaves_nothing_behind() throws Exception {
    Set<String> before = TestingMachine.traces();
    Parts parts;
    try (Lab lab = Lab.start(LabOptions.forFiles(100))) {
      assertThat(TestingMachine.traces()).isEqualTo(before);
      assertReaches(lab.old(), "new");
      assertReaches(lab.client(), "fd67::3");
      lab.old().start(List.of("sleep", "1000"));
      parts = parts(lab);
      if (lab.old().dataKinds().containsValue("ext4")) {
        assertThat(parts.loops()).hasSize(4);
      }
    }
    parts.assertGone();
    assertThat(TestingMachine.traces()).isEqualTo(before);
  }

  @Test
  void two_labs_at_once_do_not_meet() throws Exception {
    try (Lab one = Lab.start(LabOptions.forFiles(100));
        Lab two = Lab.start(LabOptions.forFiles(100))) {
      one.old().writeFile("/srv/mine", "one");
      assertThat(two.old().path("/srv/mine")).doesNotExist();
      assertReaches(two.client(), Lab.OLD_ADDRESS);
    }
  }

  @Test
  void a_lab_ends_with_the_process_that_made_it_even_by_sigkill() throws Exception {
    Process child =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                TestingLabMain.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var out = child.inputReader()) {
      assertThat(out.readLine()).isEqualTo("up");
      String[] words = out.readLine().split(" ");
      List<Long> pids = new ArrayList<>();
      for (String word : words) {
        pids.add(Long.parseLong(word));
      }
      List<String> mounts = new ArrayList<>();
      for (String line = out.readLine(); !"end".equals(line); line = out.readLine()) {
        mounts.add(line);
      }
      Parts parts = Parts.of(pids, mounts);
      child.destroyForcibly().waitFor();
      parts.assertGone();
    }
  }

  @Test
  void a_kept_lab_outlives_its_process_and_ends_when_told() throws Exception {
    Process child =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                TestingLabMain.class.getName(),
                "keep")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<Long> holders = new ArrayList<>();
    List<Long> pids = new ArrayList<>();
    try (var out = child.inputReader()) {
      assertThat(out.readLine()).isEqualTo("up");
      for (String word : out.readLine().split(" ")) {
        pids.add(Long.parseLong(word));
      }
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith("holder ")) {
          holders.add(Long.parseLong(line.substring(7)));
        }
      }
    }
    child.waitFor();
    Thread.sleep(300);
    assertThat(pids).hasSize(3).allMatch(pid -> ProcessHandle.of(pid).isPresent());
    Parts parts = Parts.of(pids, List.of()); // what they have can be asked for while they live
    for (long holder : holders) {
      ProcessHandle.of(holder).orElseThrow().destroyForcibly();
    }
    parts.assertGone();
  }

  @Test
  void a_full_disk_on_new_is_full_for_new_only() throws Exception {
    try (Lab lab = Lab.start(LabOptions.forFiles(2000).withNewDisk("/srv", 16))) {
      assertThat(lab.neu().run("dd", "if=/dev/zero", "of=/srv/x", "bs=1M", "count=32").err())
          .contains("No space left");
      lab.old().must("dd", "if=/dev/zero", "of=/srv/x", "bs=1M", "count=32");
    }
  }

  /** Nothing listens there: that the host says so shows that it is reached. */
  private static void assertReaches(LabHost from, String address) throws IOException {
    String said = from.run("bash", "-c", "exec 3<>/dev/tcp/" + address + "/9").err();
    assertThat(said).contains("Connection refused");
  }

  static Parts parts(Lab lab) throws IOException {
    return Parts.of(
        List.of(lab.client().pid(), lab.old().pid(), lab.neu().pid()), TestingLabMain.mounts(lab));
  }
}
