package dev.godwit.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that write below a path, by every way in which a process can have a file. */
final class WritersTest {
  @TempDir Path temporary;

  private final List<Process> writers = new ArrayList<>();
  private Path root;

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectories(temporary.toRealPath().resolve("B\u00fccher und mehr"));
  }

  @AfterEach
  void end() throws InterruptedException {
    for (Process writer : writers) {
      writer.destroyForcibly().waitFor();
    }
  }

  /** Runs it until it has said that it is ready; it has the root as its first argument. */
  private long writer(String... command) throws IOException {
    List<String> argv = new ArrayList<>(List.of(command));
    argv.add(root.toString());
    ProcessBuilder builder =
        new ProcessBuilder(argv).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("LC_ALL", "C.UTF-8");
    Process process = builder.start();
    writers.add(process);
    BufferedReader out = process.inputReader(UTF_8);
    assertThat(out.readLine()).as("%s", argv).isEqualTo("ready");
    return process.pid();
  }

  private long shell(String script) throws IOException {
    return writer("sh", "-c", script, "sh");
  }

  /** One that has mounts of its own, as a container has. */
  private long contained(String script) throws IOException {
    return writer("unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh");
  }

  private List<String> below(Path path) throws IOException {
    return Writers.below(List.of(path.toString().getBytes(UTF_8)));
  }

  @Test
  void h62_one_with_an_open_file_is_found() throws Exception {
    long writer = shell("exec 3>>\"$1/x\" 4<\"$1/x\"; echo ready; read end");
    Path file = root.resolve("x");
    assertThat(below(root))
        .as("it writes through one descriptor, and reads by another one")
        .containsExactly("sh (%d) writes %s".formatted(writer, file));
    assertThat(below(temporary)).hasSize(1);
    assertThat(below(root.resolve("other"))).isEmpty();
    assertThat(below(Path.of(root + "x"))).as("a longer name").isEmpty();
    Path link = Files.createSymbolicLink(temporary.resolve("link"), root);
    assertThat(below(link)).as("the plan may go through a link").hasSize(1);
    end();
    assertThat(below(root)).isEmpty();
  }

  @Test
  void h62_one_that_has_only_mapped_a_file_is_found() throws Exception {
    for (String protection :
        List.of("mmap.PROT_READ | mmap.PROT_WRITE", "mmap.PROT_WRITE", "mmap.PROT_READ")) {
      long writer =
          writer(
              "python3",
              "-c",
              """
              import mmap, os, sys, time
              fd = os.open(sys.argv[1] + "/mapped", os.O_RDWR | os.O_CREAT)
              os.ftruncate(fd, 4096)
              memory = mmap.mmap(fd, 4096, mmap.MAP_SHARED, %s)
              os.close(fd)
              for n in os.listdir("/proc/self/fd"):
                  if int(n) > 2:
                      try: os.close(int(n))
                      except OSError: pass
              print("ready", flush=True)
              time.sleep(600)
              """
                  .formatted(protection));
      List<String> found = below(root);
      if (protection.contains("WRITE")) {
        assertThat(found)
            .as(protection)
            .containsExactly("python3 (%d) writes %s/mapped".formatted(writer, root));
      } else {
        // Python has a descriptor of its own for each mapping; it is closed above.
        assertThat(found).as(protection).isEmpty();
      }
      end();
    }
  }

  @Test
  void h62_one_that_writes_to_a_file_without_a_name_is_found() throws Exception {
    long writer = shell("mkdir \"$1/d\"; exec 3>\"$1/d/x\"; rm -r \"$1/d\"; echo ready; read end");
    assertThat(below(root))
        .containsExactly("sh (%d) writes %s/d/x (deleted)".formatted(writer, root));
    Files.delete(root);
    assertThat(below(root)).as("the root itself was removed").hasSize(1);
  }

  @Test
  @Tag("lab")
  void h62_one_in_a_container_that_calls_the_file_otherwise_is_found() throws Exception {
    Path elsewhere = Files.createDirectories(temporary.toRealPath().resolve("data"));
    Files.createDirectories(root.resolve("site"));
    long writer =
        contained(
            "mount --bind \"$1/site\" '%s'; exec 3>'%s/x'; echo ready; read end"
                .formatted(elsewhere, elsewhere));
    assertThat(below(root))
        .as("its path is its own")
        .containsExactly("sh (%d) writes %s/x".formatted(writer, elsewhere));
    assertThat(below(root.resolve("site"))).hasSize(1);
    assertThat(below(elsewhere)).as("here nothing is written").isEmpty();
    end();
    writer = contained("exec 3>\"$1/site/same\"; echo ready; read end");
    assertThat(below(root))
        .as("mounts of its own, and the same path")
        .containsExactly("sh (%d) writes %s/site/same".formatted(writer, root));
  }

  @Test
  @Tag("lab")
  void h62_one_in_a_container_that_has_another_tree_at_the_path_is_none() throws Exception {
    contained("mount -t tmpfs none \"$1\"; exec 3>\"$1/x\"; echo ready; read end");
    assertThat(below(root)).isEmpty();
  }

  @Test
  @Tag("lab")
  void h62_the_kernel_that_writes_to_a_disk_image_is_found() throws Exception {
    Path image = root.resolve("disk.img");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(1 << 20);
    }
    assertThat(below(root)).isEmpty();
    for (String access : List.of("rw", "ro")) {
      String device =
          access.equals("ro")
              ? said("losetup", "--show", "--read-only", "-f", image.toString())
              : said("losetup", "--show", "-f", image.toString());
      try {
        assertThat(device).startsWith("/dev/loop");
        if (access.equals("rw")) {
          assertThat(below(root))
              .containsExactly(
                  "the kernel writes %s, the disk image of %s".formatted(image, device));
          assertThat(below(root.resolve("other"))).isEmpty();
        } else {
          assertThat(below(root)).as("attached for reading").isEmpty();
        }
      } finally {
        assertThat(said("losetup", "-d", device)).isEmpty();
      }
    }
    assertThat(below(root)).as("detached").isEmpty();
  }

  private static String said(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    assertThat(process.waitFor()).as("%s: %s", List.of(command), said).isZero();
    return said;
  }
}
