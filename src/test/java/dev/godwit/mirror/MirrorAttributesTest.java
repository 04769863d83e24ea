package dev.godwit.mirror;

import static dev.godwit.mirror.TestingOracle.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.host.LocalHost;
import dev.godwit.sync.Compare;
import dev.godwit.sync.Difference;
import dev.godwit.sync.DigestAbility;
import dev.godwit.watch.Watch.Rung;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Access control lists, extended attributes, file capabilities and devices (H2, H6). */
@Timeout(TestingPatience.TEST_SECONDS)
final class MirrorAttributesTest {

  /** One of everything. */
  private static void fill(TestingMirror m) throws Exception {
    Path root = m.source;
    m.tree.write("root/d/plain", "1");
    m.tree.write("root/d/listed", "2");
    m.tree.write("root/d/program", "3");
    m.tree.write("root/inherits/before", "4");
    m.tree.write("root/new/deep/er/file", "5");
    run("setfacl", "-m", "u:7:rwx,g:8:r,m::rx", root + "/d/listed");
    run("setfacl", "-m", "u:9:x", root + "/new/deep");
    run("setfacl", "-d", "-m", "u:7:rw,g::-", root + "/inherits");
    m.tree.write("root/inherits/after/file", "6");
    run("setfattr", "-n", "user.godwit", "-v", "value", root + "/d/plain");
    run("setfattr", "-n", "user.empty", root + "/d");
    run("setfattr", "-n", "trusted.godwit", "-v", "0x00ff0a", root + "/d/plain");
    run("setfattr", "-n", "user.large", "-v", "x".repeat(3000), root + "/d/listed");
    Files.createSymbolicLink(root.resolve("link"), Path.of("nowhere"));
    run("setfattr", "-h", "-n", "trusted.link", "-v", "1", root + "/link");
    run("chown", "12:13", root + "/d/program");
    run("chmod", "6755", root + "/d/program");
    run("setcap", "cap_net_bind_service=ep", root + "/d/program");
    Files.createLink(root.resolve("new/second"), root.resolve("d/program"));
    run("mknod", root + "/block", "b", "7", "250");
    run("mknod", root + "/character", "c", "1", "3");
    run("mknod", root + "/fifo", "p");
    run("setfacl", "-m", "u:7:rw", root + "/fifo");
    run("chmod", "640", root + "/block");
    run("python3", "-c", "import socket,sys;socket.socket(1).bind(sys.argv[1])", root + "/socket");
    run("setfacl", "-m", "u:5:rwx", root.toString());
  }

  @ParameterizedTest
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/tmp"})
  void h6_everything_of_an_inode_is_kept_and_followed(Rung rung, String parent) throws Exception {
    try (TestingMirror m = new TestingMirror(parent, rung)) {
      fill(m);
      m.live();
      assertEqual(m, "first copy");
      assertThat(run("getcap", m.target + "/d/program")).contains("cap_net_bind_service");
      assertThat(run("getfacl", "-nc", m.target + "/d/listed")).contains("user:7:rwx");
      Path root = m.source;
      // Each of these is an event of its own and changes nothing else.
      String[][] changes = {
        {"setfacl", "-m", "u:7:r", root + "/d/listed"},
        {"setfacl", "-b", root + "/d/listed"},
        {"setfacl", "-d", "-m", "u:8:rwx", root + "/inherits"},
        {"setfacl", "-k", root + "/inherits"},
        {"setfacl", "-d", "-m", "u:8:rwx", root.toString()},
        {"setfacl", "-m", "u:8:r", root + "/fifo"},
        {"setfattr", "-n", "user.godwit", "-v", "other", root + "/d/plain"},
        {"setfattr", "-x", "user.godwit", root + "/d/plain"},
        {"setfattr", "-n", "user.more", "-v", "1", root + "/d"},
        {"setfattr", "-n", "trusted.root", "-v", "1", root.toString()},
        {"setfattr", "-h", "-n", "trusted.link", "-v", "2", root + "/link"},
        {"setcap", "cap_chown=ep", root + "/d/program"},
        {"setcap", "-r", root + "/new/second"},
        {"chown", "14:15", root + "/d/program"},
        {"chmod", "4711", root + "/new/second"},
        {"chown", "1:2", root + "/block"},
      };
      for (String[] change : changes) {
        run(change);
        assertEqual(m, String.join(" ", change));
      }
      Files.delete(root.resolve("character"));
      run("mknod", root + "/character", "c", "1", "5");
      Files.delete(root.resolve("fifo"));
      run("mknod", root + "/fifo", "b", "1", "5");
      assertEqual(m, "other devices");
    }
  }

  /** A directory with a list gives it to what is made in it; the source's file may have none. */
  @Test
  void h6_what_is_made_in_a_directory_does_not_keep_its_list() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/d/first", "1");
      run("setfacl", "-d", "-m", "u:7:rwx", m.source + "/d");
      m.live();
      for (String name : List.of("file", "directory", "fifo")) {
        // Made elsewhere, so that it never has a list at the source.
        Path path = m.tree.top().resolve(name);
        switch (name) {
          case "file" -> Files.writeString(path, "1");
          case "directory" -> m.tree.write(name + "/below", "1");
          default -> run("mkfifo", path.toString());
        }
        Files.move(path, m.source.resolve("d/" + name));
        assertEqual(m, name);
      }
    }
  }

  @Test
  void h23_an_audit_puts_lists_and_attributes_right() throws Exception {
    try (TestingMirror m = new TestingMirror("/tmp", Rung.BEST)) {
      fill(m);
      m.live();
      assertEqual(m, "first copy");
      assertThat(compared(m)).isEmpty();
      Path t = m.target;
      run("setfacl", "-m", "u:99:rwx", t + "/d/listed");
      run("setfacl", "-d", "-m", "u:99:rwx", t + "/d");
      run("setfattr", "-n", "user.stray", "-v", "1", t + "/d/plain");
      run("setfattr", "-x", "user.empty", t + "/d");
      run("setcap", "-r", t + "/d/program");
      run("setfattr", "-h", "-n", "trusted.link", "-v", "3", t + "/link");
      run("rm", t + "/block");
      run("mknod", t + "/block", "b", "7", "251");
      assertThat(compared(m))
          .extracting(Difference::toString)
          .anyMatch(text -> text.startsWith("d/listed: ") && text.contains("access control lists"))
          .anyMatch(text -> text.startsWith("d: ") && text.contains("access control lists"))
          .anyMatch(text -> text.equals("d/plain: extended attributes"))
          .anyMatch(text -> text.startsWith("d: ") && text.contains("extended attributes"))
          .anyMatch(text -> text.equals("d/program: extended attributes"))
          .anyMatch(text -> text.equals("link: extended attributes"))
          .anyMatch(text -> text.contains("device 7,250 and 7,251"));
      assertThat(m.mirror.audit(TestingMirror.LIMIT).isComplete()).isTrue();
      assertThat(compared(m)).isEmpty();
      assertEqual(m, "after the audit");
    }
  }

  private static List<Difference> compared(TestingMirror m) throws Exception {
    LocalHost host = new LocalHost("here", List.of(new DigestAbility()));
    Compare.Tree source = new Compare.Tree(host, bytes(m.source));
    Compare.Tree target = new Compare.Tree(host, bytes(m.target));
    return Compare.run(source, target, List.of(), true, (files, bytes) -> {}).first();
  }

  private static byte[] bytes(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** As network file systems are: no lists, no attributes. */
  @Test
  void h6_a_target_that_cannot_have_them_is_named_once_and_gives_no_rights() throws Exception {
    try (TestingMirror m = new TestingMirror("/tmp", Rung.BEST)) {
      Path target = m.target;
      m.mount(target, "-t", "ramfs", "none");
      for (int i = 0; i < 50; i++) {
        m.tree.write("root/d/" + i, "" + i);
        run("setfacl", "-m", "u:7:rwx,g::-", m.source + "/d/" + i);
        run("setfattr", "-n", "user.a", "-v", "1", m.source + "/d/" + i);
      }
      m.live();
      m.mirror.barrier(TestingMirror.LIMIT); // complete: nothing is tried again for ever
      MirrorStatus status = m.mirror.status();
      assertThat(status.problems()).isEmpty();
      assertThat(status.message().split("; ", -1))
          .containsExactly(
              "the target's file system at d has no access control lists",
              "they are left out there",
              "the target's file system at d has no extended attributes user.*",
              "they are left out there");
      // The mode shows the list's mask as the group's right; without the list it would be one.
      assertThat(Files.getAttribute(m.source.resolve("d/1"), "unix:mode")).isEqualTo(0100674);
      assertThat(Files.getAttribute(target.resolve("d/1"), "unix:mode")).isEqualTo(0100604);
      run("setfacl", "-m", "g::r", m.source + "/d/1");
      m.tree.write("root/d/more", "1");
      m.mirror.audit(TestingMirror.LIMIT);
      assertThat(Files.getAttribute(target.resolve("d/1"), "unix:mode")).isEqualTo(0100644);
      assertThat(TestingOracle.differences(m.source, target, "--no-A", "--no-X", "--no-p"))
          .isEmpty();
    }
  }

  /** A file system with room for little: that is a problem of the file, and stays one. */
  @Test
  void h6_an_attribute_that_cannot_be_set_is_a_problem_of_its_file() throws Exception {
    try (TestingMirror m = new TestingMirror("/tmp", Rung.BEST)) {
      Path image = m.tree.top().resolve("image");
      run("truncate", "-s", "20M", image.toString());
      run("mkfs.ext4", "-q", "-b", "1024", "-O", "^ea_inode", image.toString());
      m.mount(m.target, "-o", "loop", image.toString());
      m.tree.write("root/fits", "1");
      m.tree.write("root/large", "1");
      run("setfattr", "-n", "user.large", "-v", "x".repeat(2000), m.source + "/large");
      m.live();
      assertThatThrownBy(() -> m.mirror.barrier(TestingMirror.LIMIT))
          .isInstanceOf(MirrorException.class)
          .hasMessageContaining("1 could not be applied")
          .hasMessageContaining("target/large")
          .hasMessageContaining("the attribute user.large could not be set")
          .hasMessageContaining("No space left on device");
      assertThat(m.target.resolve("large")).hasContent("1");
      run("setfattr", "-x", "user.large", m.source + "/large");
      m.mirror.barrier(TestingMirror.LIMIT);
    }
  }

  private static void assertEqual(TestingMirror m, String as) throws Exception {
    m.mirror.barrier(TestingMirror.LIMIT, false);
    TestingOracle.assertEqual(as, m.source, m.target);
  }
}
