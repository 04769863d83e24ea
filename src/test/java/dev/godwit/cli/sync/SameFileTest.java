package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What stands at the target is the source's own file: it is neither removed nor written over, and
 * the exit value is rsync's.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class SameFileTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "-a --remove-source-files, s/ s",
    "-a --remove-source-files, s/ alias/",
    "-a --remove-source-files, s/. d/../s",
    "-a --remove-source-files, s/ d",
    "-a --remove-source-files --link-dest=../s, s/ none",
    "-aI --inplace, s/ s",
    "-aI --inplace, s/ d",
    "-aIW --inplace, s/ d",
    "-aI --append-verify, s/ d",
    "-ac --inplace, s/ d",
    "-aI, s/ d",
  })
  void h48_a_file_that_both_sides_have_stays_what_it_is(String options, String places)
      throws Exception {
    String rsync = copied("rsync", options, places);
    assertThat(copied("godwit", options, places)).isEqualTo(rsync);
  }

  private String copied(String program, String options, String places) throws Exception {
    Path here = Files.createDirectory(folder.resolve(program));
    Path source = Files.createDirectory(here.resolve("s"));
    Path target = Files.createDirectory(here.resolve("d"));
    Files.createSymbolicLink(here.resolve("alias"), Path.of("s"));
    String large = "a line\n".repeat(200_000);
    Files.writeString(source.resolve("large"), large);
    Files.writeString(source.resolve("small"), "content");
    Files.createSymbolicLink(source.resolve("link"), Path.of("small"));
    Files.createLink(target.resolve("large"), source.resolve("large"));
    Files.createLink(target.resolve("small"), source.resolve("small"));
    List<String> arguments = new ArrayList<>(Arrays.asList(options.split(" ")));
    Arrays.stream(places.split(" ")).map(place -> here + "/" + place).forEach(arguments::add);
    TestingRun run =
        program.equals("rsync") ? TestingRun.rsync(arguments) : TestingRun.godwit(arguments);
    assertThat(Files.readString(source.resolve("large")).equals(large)).as(run.toString()).isTrue();
    assertThat(source.resolve("small")).hasContent("content");
    if (!places.endsWith(" none")) {
      assertThat(Files.readString(target.resolve("large")).equals(large))
          .as(run.toString())
          .isTrue();
    }
    // rsync removes it also where both are the same directory.
    if (!program.equals("rsync")) {
      assertThat(List.of(source, target, here.resolve("none")))
          .anyMatch(side -> Files.exists(side.resolve("link"), LinkOption.NOFOLLOW_LINKS));
    }
    return Integer.toString(run.exit());
  }
}
