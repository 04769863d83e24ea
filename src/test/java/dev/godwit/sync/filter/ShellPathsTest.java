package dev.godwit.sync.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Beside a real shell: what it makes of a path, with all that is not a wildcard quoted. */
final class ShellPathsTest {
  private static final String[] NAMES = {
    "a", "ab", "b", "a.txt", ".a", "..b", "a*b", "a?b", "a[b", "a]b", "a\\b", "~", "a b", "d/a",
    "d/.x/a", "dd/a", "d*/b"
  };

  private static final String[] PARTS = {
    "a", "b", "d", "*", "**", "?", "[ab]", "[!a]", "[a-", "]", "/", "//", "./", ".", "\\*", "\\\\",
    "\\a", "~", " ", "x", "[b-a]", "[b-ab]"
  };

  @TempDir Path own;
  private Path folder;

  /** So deep that a path with {@code ..} does not lead to what others change meanwhile. */
  @BeforeEach
  void fill() throws Exception {
    folder = own.resolve("up/upper/tree");
    for (String name : NAMES) {
      Path path = folder.resolve(name);
      Files.createDirectories(path.getParent());
      Files.writeString(path, "");
    }
    Files.createSymbolicLink(folder.resolve("link"), Path.of("d"));
    Files.createSymbolicLink(folder.resolve("dangling"), Path.of("nowhere"));
  }

  @Test
  void random_paths_are_what_they_are_to_a_shell() throws Exception {
    long seed = Long.getLong("godwit.seed", System.nanoTime());
    Random random = new Random(seed);
    StringBuilder script = new StringBuilder("set -f; LC_ALL=C; export LC_ALL; set +f\n");
    List<String> paths = new java.util.ArrayList<>();
    for (int i = 0; i < 400; i++) {
      StringBuilder path = new StringBuilder();
      for (int k = random.nextInt(1, 6); k > 0; k--) {
        path.append(PARTS[random.nextInt(PARTS.length)]);
      }
      paths.add(path.toString());
      script.append("printf '%s\\0' ").append(folder).append("/");
      // As rsync says it to a shell: of backslashes those before wildcards stay what they are.
      String quoted = path.toString().replaceAll("\\\\(?![*?\\[\\]])", "\\\\\\\\");
      script.append(quoted.replace(" ", "\\ ")).append("; printf '\\0'\n");
    }
    Path file = Files.writeString(own.resolve("script"), script);
    Process shell =
        new ProcessBuilder("bash", file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String all = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Files.delete(file);
    assertThat(shell.waitFor()).as("seed " + seed).isZero();
    String[] wanted = all.split("\0\0", -1);
    for (int i = 0; i < paths.size(); i++) {
      String path = folder + "/" + paths.get(i);
      assertThat(ShellPaths.expanded(path.getBytes(StandardCharsets.UTF_8)))
          .extracting(found -> slashes(new String(found, StandardCharsets.UTF_8)))
          .as("seed " + seed + ": " + paths.get(i))
          .containsExactlyInAnyOrder(slashes(wanted[i]).split("\0"));
    }
  }

  /** bash makes one of several. */
  private static String slashes(String path) {
    return path.replaceAll("/+", "/");
  }

  @Test
  void what_is_kept_from_the_shell_means_itself() throws Exception {
    for (String path : List.of("~", "~/a", "~x/a", "a\\b")) {
      byte[] kept = ShellPaths.withoutHome(path.getBytes(StandardCharsets.UTF_8));
      assertThat(ShellPaths.expanded(kept))
          .singleElement()
          .extracting(found -> new String(found, StandardCharsets.UTF_8))
          .isEqualTo((path.startsWith("~") ? "./" : "") + path);
    }
  }

  @Test
  void a_tilde_is_a_home_directory_as_in_a_shell() throws Exception {
    for (String path :
        List.of(
            "~", "~/", "~/a b", "~root", "~root/x", "~root/../e*c", "~no-such-user/a", "~a@b")) {
      Process shell =
          new ProcessBuilder("bash", "-c", "printf %s " + path.replace(" ", "\\ "))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      String wanted = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(shell.waitFor()).isZero();
      assertThat(ShellPaths.expanded(path.getBytes(StandardCharsets.UTF_8)))
          .singleElement()
          .extracting(found -> new String(found, StandardCharsets.UTF_8))
          .as(path)
          .isEqualTo(wanted);
    }
  }
}
