package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.cli.sync.SyncCommand;
import dev.godwit.host.Processes;
import dev.godwit.linux.Names;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** --copy-devices and --write-devices, with loop devices; rsync itself says what is to come out. */
@Tag("lab")
final class DevicesTest {
  private static final int SOURCE_BYTES = 1 << 20;
  private static final int TARGET_BYTES = 2 << 20;

  @TempDir Path folder;

  private final List<String> loops = new ArrayList<>();
  private Path from;
  private Path to;
  private byte[] content;
  private byte[] old;

  /** A loop device of random bytes to read from, another one to write to. */
  @BeforeEach
  void set_up() throws Exception {
    assumeThat(System.getProperty("user.name")).as("who may make devices").isEqualTo("root");
    Random random = new Random(1907);
    content = new byte[SOURCE_BYTES];
    old = new byte[TARGET_BYTES];
    random.nextBytes(content);
    random.nextBytes(old);
    from = loop("from.img", content);
    to = loop("to.img", old);
  }

  @AfterEach
  void take_down() throws Exception {
    for (String loop : loops) {
      run("losetup", "-d", loop);
    }
  }

  private Path loop(String image, byte[] bytes) throws Exception {
    Path file = Files.write(folder.resolve(image), bytes);
    String device = run("losetup", "-f", "--show", file.toString()).strip();
    loops.add(device);
    return Path.of(device);
  }

  private static String run(String... command) throws Exception {
    Processes.Outcome outcome = Processes.run(List.of(command), Duration.ofSeconds(20));
    assertThat(outcome.isSuccess()).as(outcome.toString()).isTrue();
    return outcome.out();
  }

  private void node(Path at, Path device) throws Exception {
    String[] numbers = run("stat", "-c", "%Hr %Lr", device.toString()).strip().split(" ");
    run("mknod", at.toString(), "b", numbers[0], numbers[1]);
  }

  private void refill() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(to.toFile(), "rw")) {
      file.write(old);
    }
  }

  private static byte[] bytes(Path device, int count) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(device.toFile(), "r")) {
      byte[] bytes = new byte[count];
      file.readFully(bytes);
      return bytes;
    }
  }

  /** Everything as equal as it can be for a run: times of what is there, empty target. */
  private Path[] places(String name) throws Exception {
    Path place = Files.createDirectory(folder.resolve(name));
    return new Path[] {
      Files.createDirectory(place.resolve("s")), Files.createDirectory(place.resolve("d"))
    };
  }

  private record Ran(int exit, String said) {}

  private static Ran godwit(List<String> arguments) {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    int exit =
        SyncCommand.run(arguments.stream().map(Names::of).toList(), name -> null, output, output);
    return new Ran(exit, output.toString(StandardCharsets.UTF_8));
  }

  private static Ran rsync(List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("rsync"));
    command.addAll(arguments);
    Processes.Outcome outcome = Processes.run(command, Duration.ofSeconds(30));
    return new Ran(outcome.exit(), outcome.out() + outcome.err());
  }

  private static List<String> arguments(String options, Path source, Path target) {
    List<String> arguments = new ArrayList<>(Arrays.asList(options.split(" ")));
    arguments.add(source.toString());
    arguments.add(target.toString());
    return arguments;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-ai --copy-devices",
        "-rti --copy-devices",
        "-ri --copy-devices",
        "-ain --copy-devices",
        "-aHi --copy-devices",
        "-ai --copy-devices --max-size=100k",
        "-ai --copy-devices --no-devices",
        "-aic --copy-devices --list-only",
        "-ai"
      })
  void a_device_is_copied_as_rsync_does(String options) throws Exception {
    List<Ran> ran = new ArrayList<>();
    List<String> left = new ArrayList<>();
    for (boolean isGodwit : new boolean[] {false, true}) {
      Path[] places = places(isGodwit ? "godwit" : "rsync");
      node(places[0].resolve("block"), from);
      Files.createLink(places[0].resolve("block2"), places[0].resolve("block"));
      run("mknod", places[0].resolve("null").toString(), "c", "1", "3");
      run("mknod", places[0].resolve("zero").toString(), "c", "1", "5");
      run("mkfifo", places[0].resolve("fifo").toString());
      // Else it depends on the second in which this happens whether the directory is told, too.
      Files.setLastModifiedTime(places[0], FileTime.fromMillis(1_000_000_000));
      List<String> arguments = arguments(options, Path.of(places[0] + "/"), places[1]);
      arguments.set(arguments.size() - 2, places[0] + "/");
      Ran one = isGodwit ? godwit(arguments) : rsync(arguments);
      ran.add(new Ran(one.exit(), sorted(one.said().replaceAll("\\d{4}/[/0-9]+ [:0-9]+", "DATE"))));
      left.add(
          run("find", places[1].toString(), "-mindepth", "1", "-printf", "%P %y %m %n %U %G %s\n")
              .lines()
              .sorted()
              .toList()
              .toString());
      if (options.contains("copy-devices") && !options.matches(".*(-ain|max|list).*")) {
        assertThat(Files.readAllBytes(places[1].resolve("block"))).isEqualTo(content);
      }
    }
    assertThat(ran.get(1)).isEqualTo(ran.get(0));
    assertThat(left.get(1)).isEqualTo(left.get(0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-ai --write-devices",
        "-rti --write-devices",
        "-ain --write-devices",
        "-aic --write-devices",
        "-aiu --write-devices",
        "-ai --no-W --write-devices",
        "-aib --write-devices",
        "-ai --write-devices --ignore-existing",
        "-ai --write-devices --preallocate",
        "-ai"
      })
  void a_device_is_written_to_as_rsync_does(String options) throws Exception {
    byte[] small = Arrays.copyOf(content, 300_000);
    Arrays.fill(small, 70_000, 200_000, (byte) 0);
    List<Ran> ran = new ArrayList<>();
    List<byte[]> written = new ArrayList<>();
    List<String> left = new ArrayList<>();
    for (boolean isGodwit : new boolean[] {false, true}) {
      refill();
      Path[] places = places(isGodwit ? "godwit" : "rsync");
      node(places[1].resolve("f"), to);
      Files.write(places[0].resolve("f"), small);
      run("chmod", "600", places[0].resolve("f").toString());
      run("touch", "-d", "@1000000000", places[0].resolve("f").toString(), places[0].toString());
      run("touch", "-hd", "@1500000000", places[1].resolve("f").toString());
      run("touch", "-d", "@1000000000", places[1].toString());
      List<String> arguments = arguments(options, places[0], places[1]);
      arguments.set(arguments.size() - 2, places[0] + "/");
      ran.add(isGodwit ? godwit(arguments) : rsync(arguments));
      written.add(bytes(to, TARGET_BYTES));
      left.add(
          run("find", places[1].toString(), "-name", "f", "-printf", "%P %y %m %n %U %G %Ts\n"));
    }
    assertThat(ran.get(1)).isEqualTo(ran.get(0));
    assertThat(left.get(1)).isEqualTo(left.get(0));
    assertThat(Arrays.equals(written.get(1), written.get(0))).as("what is on the device").isTrue();
  }

  @ParameterizedTest
  @EnumSource(TestingRun.Way.class)
  void from_device_to_device(TestingRun.Way way) throws Exception {
    Path[] places = places("godwit");
    node(places[0].resolve("f"), from);
    node(places[1].resolve("f"), to);
    for (boolean isWhole : new boolean[] {true, false}) {
      refill();
      TestingRun run =
          TestingRun.of(
              way,
              places[1],
              places[0] + "/",
              rules -> {
                rules.copyDevices = true;
                rules.writeDevices = true;
                rules.inPlace = true;
                rules.wholeFile = isWhole;
              });
      assertThat(run.failures).isEmpty();
      byte[] now = bytes(to, TARGET_BYTES);
      assertThat(Arrays.equals(now, 0, SOURCE_BYTES, content, 0, SOURCE_BYTES)).isTrue();
      assertThat(Arrays.equals(now, SOURCE_BYTES, TARGET_BYTES, old, SOURCE_BYTES, TARGET_BYTES))
          .as("what is behind the end of the source stays")
          .isTrue();
    }
  }

  /** rsync's two processes print as they come. */
  private static String sorted(String text) {
    return String.join("\n", text.lines().sorted().toList());
  }

  /** rsync takes the device for a file that can be cut off, and ends with 11. */
  @Test
  void with_sparse_zeros_are_written() throws Exception {
    Path[] places = places("godwit");
    node(places[1].resolve("f"), to);
    byte[] holes = Arrays.copyOf(content, 300_000);
    Arrays.fill(holes, 70_000, 200_000, (byte) 0);
    Files.write(places[0].resolve("f"), holes);
    Ran ran = godwit(arguments("-aS --write-devices", places[0].resolve("f"), places[1]));
    assertThat(ran.exit()).as(ran.said()).isZero();
    assertThat(bytes(to, holes.length)).isEqualTo(holes);
  }

  @Test
  void more_than_a_device_takes_is_told() throws Exception {
    Path[] places = places("godwit");
    node(places[1].resolve("f"), to);
    Files.write(places[0].resolve("f"), new byte[TARGET_BYTES + 1]);
    Ran ran = godwit(arguments("-a --write-devices", places[0].resolve("f"), places[1]));
    assertThat(ran.exit()).isEqualTo(CopyStatus.PARTIAL.exitValue());
    assertThat(ran.said()).contains("f", "No space left on device");
  }

  @Test
  void h5_a_device_is_opened_only_when_the_option_says_so() throws Exception {
    Path[] places = places("godwit");
    // Opening it fails with ENXIO, so that it shows whether it was tried.
    run("mknod", places[0].resolve("none").toString(), "b", "249", "200");
    run("mknod", places[1].resolve("f").toString(), "b", "249", "200");
    Files.writeString(places[0].resolve("f"), "x");
    Ran ran = godwit(arguments("-a --copy-devices", places[0].resolve("none"), places[1]));
    assertThat(ran.exit()).isEqualTo(CopyStatus.PARTIAL.exitValue());
    ran = godwit(arguments("-a --write-devices", places[0].resolve("f"), places[1]));
    assertThat(ran.exit()).isEqualTo(CopyStatus.PARTIAL.exitValue());
    ran = godwit(arguments("-a --copy-devices", places[0].resolve("f"), places[1]));
    assertThat(ran.exit()).isZero();
    assertThat(places[1].resolve("f")).hasContent("x");
    ran = godwit(arguments("-a --write-devices", places[0].resolve("none"), places[1]));
    assertThat(ran.exit()).isZero();
  }
}
