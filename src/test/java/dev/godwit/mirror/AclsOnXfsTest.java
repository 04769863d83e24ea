package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.host.LocalHost;
import dev.godwit.linux.Names;
import dev.godwit.sync.Compare;
import dev.godwit.sync.DigestAbility;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * H6: XFS shows root each access control list twice, once as an attribute of its own. It is one
 * list, whatever the other side's file system.
 */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class AclsOnXfsTest {
  private static final String OF_XFS = "trusted.SGI_ACL_FILE";

  private static String lists(Path root) throws Exception {
    return TestingOracle.run("sh", "-c", "cd \"$0\" && getfacl -nR .", root.toString());
  }

  /** Who touches an attribute changes that. */
  private static String changed(Path root) throws Exception {
    return TestingOracle.run("find", root.toString(), "-printf", "%P %C@\\n");
  }

  private static void assertEqual(Path source, Path target) throws Exception {
    try (LocalHost old = new LocalHost("old", List.of(new DigestAbility()));
        LocalHost other = new LocalHost("new", List.of(new DigestAbility()))) {
      assertThat(
              Compare.run(
                      new Compare.Tree(old, Names.of(source.toString())),
                      new Compare.Tree(other, Names.of(target.toString())),
                      List.of(),
                      true,
                      (files, bytes) -> {})
                  .first())
          .isEmpty();
    }
    assertThat(lists(target)).isEqualTo(lists(source));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void h6_a_list_stays_and_is_not_touched_again(boolean isTarget) throws Exception {
    try (TestingDisk disk = new TestingDisk("xfs");
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path onDisk = Files.createDirectory(disk.place().resolve("tree"));
      Path source = isTarget ? m.source : onDisk;
      Path target = isTarget ? onDisk : m.target;
      Files.createDirectories(source.resolve("d"));
      Files.writeString(source.resolve("d/secret"), "secret");
      Files.writeString(source.resolve("d/plain"), "plain");
      var unused = TestingOracle.run("chmod", "600", source.resolve("d/secret").toString());
      var unusedToo =
          TestingOracle.run(
              "setfacl", "-m", "u:1234:rw,g:77:r", source.resolve("d/secret").toString());
      var unusedThird =
          TestingOracle.run("setfacl", "-m", "d:u:1234:rwx", source.resolve("d").toString());
      String seen = "";
      for (String how : List.of("sync", "mirror", "sync", "mirror")) {
        List<String> words = new ArrayList<>(List.of(how, "-aHAX"));
        if (how.equals("mirror")) {
          words.add("--once");
        }
        words.addAll(List.of(source + "/", target + "/"));
        assertThat(m.run(words.toArray(String[]::new))).as(m.output()).isZero();
        assertEqual(source, target);
        assertThat(changed(target)).as(how).isEqualTo(seen.isEmpty() ? changed(target) : seen);
        seen = changed(target);
      }
      assertThat(TestingOracle.run("getfattr", "-dm-", onDisk.resolve("d/secret").toString()))
          .as("XFS still shows it twice, or this test is of nothing")
          .contains(OF_XFS);
      assertThat(
              TestingOracle.run(
                  "getfattr", "-dm-", (isTarget ? source : target).resolve("d/secret").toString()))
          .doesNotContain(OF_XFS);
    }
  }
}
