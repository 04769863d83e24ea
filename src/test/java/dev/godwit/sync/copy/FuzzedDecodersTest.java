package dev.godwit.sync.copy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingClassPath;
import dev.godwit.forward.relay.FuzzedHeaders;
import dev.godwit.forward.server.FuzzedServerNames;
import dev.godwit.sync.content.FuzzedContent;
import dev.godwit.wire.FuzzedConnection;
import dev.godwit.wire.FuzzedRecords;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What takes messages of the other side, or a client's first bytes, apart, under a fuzzer that
 * follows which branches an input reaches (Jazzer), each in a process of its own. Inputs to begin
 * with, and those that once found something, are kept in {@code src/test/resources/fuzz}; each is
 * also tried without the fuzzer. {@code -Dgodwit.fuzz.keep=true} puts what reaches something new
 * there too.
 */
@Timeout(value = 3600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class FuzzedDecodersTest {
  /** For each decoder, of which there are so many that all take about a minute. */
  private static final int SECONDS = Integer.getInteger("godwit.fuzz.seconds", 4);

  /** Whether inputs that reach something new are put among those that are kept. */
  private static final boolean KEEPS = Boolean.getBoolean("godwit.fuzz.keep");

  private static final Path KEPT = Path.of("src/test/resources/fuzz").toAbsolutePath();

  private interface Taker {
    void take(byte[] input) throws Exception;
  }

  private enum Decoder {
    LISTINGS(FuzzedDecoders.Listings.class, FuzzedDecoders.Listings::fuzzerTestOneInput),
    INODES(FuzzedDecoders.Inodes.class, FuzzedDecoders.Inodes::fuzzerTestOneInput),
    REQUESTS(FuzzedDecoders.Requests.class, FuzzedDecoders.Requests::fuzzerTestOneInput),
    EVENTS(FuzzedDecoders.Events.class, FuzzedDecoders.Events::fuzzerTestOneInput),
    TARGETS(FuzzedDecoders.Targets.class, FuzzedDecoders.Targets::fuzzerTestOneInput),
    SOURCES(FuzzedDecoders.Sources.class, FuzzedDecoders.Sources::fuzzerTestOneInput),
    DELTA_TARGET(FuzzedContent.Target.class, FuzzedContent.Target::fuzzerTestOneInput),
    DELTA_SOURCE(FuzzedContent.Source.class, FuzzedContent.Source::fuzzerTestOneInput),
    LANE(FuzzedContent.Lane.class, FuzzedContent.Lane::fuzzerTestOneInput),
    CONNECTION(FuzzedConnection.class, FuzzedConnection::fuzzerTestOneInput),
    RULES_TEXTS(FuzzedDecoders.RulesTexts.class, FuzzedDecoders.RulesTexts::fuzzerTestOneInput),
    SERIES_REQUESTS(
        FuzzedDecoders.SeriesRequests.class, FuzzedDecoders.SeriesRequests::fuzzerTestOneInput),
    SERIES_TARGETS(
        FuzzedDecoders.SeriesTargets.class, FuzzedDecoders.SeriesTargets::fuzzerTestOneInput),
    SERIES_SOURCES(
        FuzzedDecoders.SeriesSources.class, FuzzedDecoders.SeriesSources::fuzzerTestOneInput),
    KNOWN_TARGETS(
        FuzzedDecoders.KnownTargets.class, FuzzedDecoders.KnownTargets::fuzzerTestOneInput),
    RECORDS(FuzzedRecords.class, FuzzedRecords::fuzzerTestOneInput),
    PROXY_HEADERS(FuzzedHeaders.class, FuzzedHeaders::fuzzerTestOneInput),
    SERVER_NAMES(FuzzedServerNames.class, FuzzedServerNames::fuzzerTestOneInput);

    private final Class<?> type;
    private final Taker taker;

    Decoder(Class<?> type, Taker taker) {
      this.type = type;
      this.taker = taker;
    }

    Path kept() {
      return KEPT.resolve(name().toLowerCase(java.util.Locale.ROOT));
    }
  }

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void h40_what_was_found_once_is_refused_as_it_should_be(Decoder decoder) throws Exception {
    List<Path> inputs;
    try (Stream<Path> files = Files.list(decoder.kept())) {
      inputs = files.sorted().toList();
    }
    assertThat(inputs).isNotEmpty();
    for (Path input : inputs) {
      decoder.taker.take(Files.readAllBytes(input));
    }
  }

  @ParameterizedTest
  @EnumSource
  @Tag("lab")
  @Tag("proof")
  void h40_no_input_leads_to_anything_but_a_refusal(Decoder decoder) throws Exception {
    Path found = Files.createDirectory(folder.resolve("found"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", TestingClassPath.absolute()));
    command.add("com.code_intelligence.jazzer.Jazzer");
    command.add("--target_class=" + decoder.type.getName());
    command.add("--instrumentation_includes=dev.godwit.**");
    command.add("--custom_hook_includes=dev.godwit.**");
    command.add("--reproducer_path=" + folder);
    command.add("-artifact_prefix=" + folder + "/");
    command.addAll(List.of("-max_len=4096", "-timeout=600"));
    String words =
        run(command, "-max_total_time=" + SECONDS, found.toString(), decoder.kept().toString());
    assertThat(words).containsPattern("Done \\d+ runs in");
    System.out.println(decoder + ": " + words.replaceAll("(?s).*(Done \\d+ runs in).*", "$1"));
    if (KEEPS) {
      var unused = run(command, "-merge=1", decoder.kept().toString(), found.toString());
    }
  }

  /** What the fuzzer says, which found nothing. */
  private String run(List<String> command, String... more) throws Exception {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(more));
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(all)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int exit = process.waitFor();
    String words = Files.readString(output, ISO_8859_1);
    assertThat(exit).as(words).isZero();
    return words;
  }
}
