package dev.godwit.sync.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.wire.WireException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest {
  private static final int FRAME = 256 << 10;

  private final Random random = seeded();

  private static Random seeded() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    return new Random(seed);
  }

  /** Frames of text, of noise and of both. */
  private byte[] frame() {
    byte[] frame = new byte[1 + random.nextInt(FRAME)];
    int kind = random.nextInt(3);
    for (int i = 0; i < frame.length; i++) {
      boolean isNoise = kind == 0 || (kind == 1 && i % 1000 < 300);
      frame[i] = isNoise ? (byte) random.nextInt() : (byte) ('a' + (i / 7 * 31 + i) % 17);
    }
    return frame;
  }

  @ParameterizedTest
  @ValueSource(ints = {-5, 1, 3, 9, 19})
  void frames_come_out_as_they_went_in(int level) throws Exception {
    try (LaneCompressor compressor = new LaneCompressor(level);
        LaneDecompressor decompressor = new LaneDecompressor()) {
      byte[] wire = new byte[LaneCompressor.bound(FRAME) + 10];
      byte[] out = new byte[FRAME + 11];
      for (int i = 0; i < (level > 9 ? 10 : 100); i++) {
        byte[] frame = frame();
        if (i % 17 == 16) {
          compressor.setLevel(level + i % 3);
        }
        int count = compressor.compress(frame, 0, frame.length, wire, 10);
        if (count != LaneCompressor.AS_IT_IS) {
          assertThat(count).isLessThan(frame.length + 1000);
          decompressor.decompress(wire, 10, count, frame.length, out, 10);
          assertThat(Arrays.copyOfRange(out, 10, 10 + frame.length)).isEqualTo(frame);
        }
      }
    }
  }

  @Test
  void each_frame_finds_what_came_before() {
    byte[] frame = new byte[50_000];
    random.nextBytes(frame);
    byte[] wire = new byte[LaneCompressor.bound(frame.length)];
    try (LaneCompressor compressor = new LaneCompressor(3)) {
      compressor.compress(frame, 0, frame.length, wire, 0);
      compressor.newContent();
      assertThat(compressor.compress(frame, 0, frame.length, wire, 0)).isLessThan(1000);
    }
  }

  @Test
  void frames_that_do_not_shrink_are_passed_over_ever_longer() {
    byte[] frame = new byte[10_000];
    byte[] wire = new byte[LaneCompressor.bound(frame.length)];
    try (LaneCompressor compressor = new LaneCompressor(3)) {
      int compressed = 0;
      for (int i = 0; i < 100; i++) {
        random.nextBytes(frame);
        if (compressor.compress(frame, 0, frame.length, wire, 0) != LaneCompressor.AS_IT_IS) {
          compressed++;
        }
      }
      assertThat(compressed).isLessThan(12);
      Arrays.fill(frame, (byte) 'x');
      compressor.newContent();
      assertThat(compressor.compress(frame, 0, frame.length, wire, 0)).isBetween(1, 100);
      assertThat(compressor.compress(frame, 0, frame.length, wire, 0)).isBetween(1, 100);
    }
  }

  @Test
  void h42_a_frame_yields_just_what_was_announced() throws Exception {
    byte[] zeros = new byte[FRAME];
    byte[] wire = new byte[LaneCompressor.bound(FRAME)];
    byte[] out = new byte[FRAME + 1];
    for (int announced : new int[] {0, 1, 100, FRAME - 1}) {
      try (LaneCompressor compressor = new LaneCompressor(3);
          LaneDecompressor decompressor = new LaneDecompressor()) {
        int count = compressor.compress(zeros, 0, FRAME, wire, 0);
        assertThatThrownBy(() -> decompressor.decompress(wire, 0, count, announced, out, 0))
            .isInstanceOf(WireException.class)
            .hasMessageContaining(announced + " bytes announced, more came out");
      }
    }
    try (LaneCompressor compressor = new LaneCompressor(3);
        LaneDecompressor decompressor = new LaneDecompressor()) {
      int count = compressor.compress(zeros, 0, FRAME - 1, wire, 0);
      assertThatThrownBy(() -> decompressor.decompress(wire, 0, count, FRAME, out, 0))
          .isInstanceOf(WireException.class);
    }
  }

  @Test
  void h42_a_window_larger_than_ours_is_refused() {
    byte[] frame = new byte[20_000];
    random.nextBytes(frame);
    byte[] wire = new byte[LaneCompressor.bound(frame.length)];
    try (com.github.luben.zstd.ZstdCompressCtx context =
            new com.github.luben.zstd.ZstdCompressCtx();
        LaneDecompressor decompressor = new LaneDecompressor()) {
      context.setLevel(3).setWindowLog(27);
      java.nio.ByteBuffer target = java.nio.ByteBuffer.wrap(wire);
      context.compressByteBufferStream(
          target, java.nio.ByteBuffer.wrap(frame), com.github.luben.zstd.EndDirective.FLUSH);
      assertThatThrownBy(
              () ->
                  decompressor.decompress(
                      wire, 0, target.position(), frame.length, new byte[frame.length + 1], 0))
          .isInstanceOf(WireException.class);
    }
  }

  @Test
  void h40_damaged_frames_are_refused_or_yield_what_was_announced() {
    byte[] wire = new byte[LaneCompressor.bound(FRAME)];
    byte[] out = new byte[FRAME + 1];
    for (int i = 0; i < 500; i++) {
      byte[] frame = frame();
      try (LaneCompressor compressor = new LaneCompressor(1);
          LaneDecompressor decompressor = new LaneDecompressor()) {
        int count = compressor.compress(frame, 0, frame.length, wire, 0);
        int length = random.nextBoolean() ? count : random.nextInt(count);
        for (int k = random.nextInt(4); k > 0; k--) {
          wire[random.nextInt(count)] ^= (byte) (1 << random.nextInt(8));
        }
        decompressor.decompress(wire, 0, length, frame.length, out, 0);
      } catch (WireException e) {
        assertThat(e).hasMessageContaining("malformed frame");
      }
    }
    for (int i = 0; i < 500; i++) {
      byte[] noise = new byte[random.nextInt(2000)];
      random.nextBytes(noise);
      LaneDecompressor.fuzzFrames(noise);
    }
  }

  @Test
  void mails_take_no_more_bytes_than_with_rsync(@TempDir Path folder) throws Exception {
    Path source = Files.createDirectory(folder.resolve("source"));
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    TestingMails mails = new TestingMails(42);
    for (int i = 0; i < 3000; i++) {
      byte[] mail = mails.next();
      if (i % 50 == 0) {
        Files.createDirectory(source.resolve("d" + i / 50));
      }
      Files.write(source.resolve("d" + i / 50).resolve("mail" + i), mail);
      all.write(mail);
    }
    byte[] content = all.toByteArray();
    // Two lanes, each with every other frame, as two reading threads would have them.
    long bytes = 0;
    try (LaneCompressor one = new LaneCompressor(LevelControl.USUAL);
        LaneCompressor two = new LaneCompressor(LevelControl.USUAL)) {
      byte[] wire = new byte[LaneCompressor.bound(FRAME)];
      for (int at = 0; at < content.length; at += FRAME) {
        int length = Math.min(FRAME, content.length - at);
        int count = (at / FRAME % 2 == 0 ? one : two).compress(content, at, length, wire, 0);
        bytes += count == LaneCompressor.AS_IT_IS ? length : count;
      }
    }
    long plain = rsync("-r", source, folder.resolve("plain"));
    long compressed = rsync("-rz", source, folder.resolve("compressed"));
    // What rsync sends beside the content is the same with and without compression.
    long others = plain - content.length;
    System.out.printf(
        "%d bytes of mail: %d, rsync -z %d%n", content.length, bytes, compressed - others);
    assertThat(bytes).isLessThanOrEqualTo(compressed - others);
  }

  private static long rsync(String options, Path source, Path target) throws Exception {
    Process process =
        new ProcessBuilder("rsync", options, "--stats", source + "/", target + "/").start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(TestingPatience.LIMIT)).isTrue();
    Matcher sent = Pattern.compile("Total bytes sent: ([0-9,]+)").matcher(printed);
    assertThat(sent.find()).as(printed).isTrue();
    return Long.parseLong(sent.group(1).replace(",", ""));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "null",
      value = {
        "false, null, null, false, null",
        "true, null, null, true, null",
        "false, null, 5, true, 5",
        "true, auto, 0, true, 3",
        "false, zstd, null, true, null",
        "false, ZSTD, 99, true, 22",
        "false, zstd, -999999, true, -131072",
        "true, none, 9, false, null",
        "true, zlib, 0, false, null",
        "true, zlib, -1, true, null",
        "true, zlibx, 6, true, 3",
        "true, zlib, 99, true, 9",
        "true, lz4, 7, true, 1",
      })
  void options_for_compression_mean_this(
      boolean compress, String choice, Integer level, boolean isOn, Integer expected) {
    CompressionChoice chosen = CompressionChoice.of(compress, choice, level);
    assertThat(chosen.isOn()).isEqualTo(isOn);
    assertThat(chosen.level()).isEqualTo(expected);
    boolean isOther = isOn && choice != null && !choice.matches("(?i)zstd|auto");
    assertThat(chosen.note() != null).isEqualTo(isOther);
  }

  @Test
  void a_method_that_is_none_is_refused_with_what_there_is() {
    assertThatThrownBy(() -> CompressionChoice.of(true, "gzip", null))
        .hasMessage(
            "--compress-choice=gzip: there is no method \"gzip\";"
                + " choose one of: auto zstd lz4 zlibx zlib none");
  }

  @Test
  void the_level_rises_on_a_slow_line_and_stays_on_a_fast_one() {
    assertThat(levelAfter(60, 200_000, 20)).as("1 MB/s").isEqualTo(12);
    assertThat(levelAfter(60, 12_000_000, 20)).as("12 MB/s").isBetween(5, 9);
    assertThat(levelAfter(60, 500_000_000, 20)).as("500 MB/s").isEqualTo(3);
  }

  @Test
  void the_level_falls_when_the_line_gets_faster() {
    LevelControl control = new LevelControl();
    run(control, 120, 200_000, 20);
    assertThat(control.level()).isEqualTo(12);
    run(control, 60, 500_000_000, 20);
    assertThat(control.level()).isEqualTo(3);
  }

  @Test
  void the_level_settles() {
    for (long rate = 100_000; rate < 1_000_000_000; rate = rate * 5 / 4) {
      LevelControl control = new LevelControl();
      run(control, 600, rate, 20);
      int settled = control.level();
      for (int i = 0; i < 100; i++) {
        run(control, 1, rate, 20);
        assertThat(control.level()).as("at %d bytes a second", rate).isEqualTo(settled);
      }
    }
  }

  private static int levelAfter(int seconds, long lineRate, long nanosOfLevel3) {
    LevelControl control = new LevelControl();
    run(control, seconds, lineRate, nanosOfLevel3);
    return control.level();
  }

  /** A line and a processor that need just so long for each byte. */
  private static void run(LevelControl control, int seconds, long lineRate, long nanosOfLevel3) {
    long time = 0;
    long frames = 0;
    while (time < seconds * 1_000_000_000L || frames * FRAME < 64 << 20) {
      double work =
          switch (control.level()) {
            case 3 -> 1;
            case 5 -> 2;
            case 7 -> 4;
            case 9 -> 7;
            default -> 14;
          };
      long compressing = (long) (FRAME * nanosOfLevel3 * work / 5);
      long sending = (long) (FRAME / 2.0 / lineRate * 1e9);
      control.sent(FRAME, compressing, sending);
      time += compressing + sending;
      frames++;
    }
  }

  @Test
  void suffixes_are_those_of_rsync() throws Exception {
    SkipSuffixes usual = SkipSuffixes.parse(null);
    for (String name :
        new String[] {"a.jpg", "A.JPG", "x.tar.gz", ".zip", "f.squashfs", "a.b.7z"}) {
      assertThat(usual.contains(name.getBytes(StandardCharsets.UTF_8))).as(name).isTrue();
    }
    for (String name : new String[] {"jpg", "a.txt", "a.jpgx", "a.", "", ".", "a.xjpg", "gz.b"}) {
      assertThat(usual.contains(name.getBytes(StandardCharsets.UTF_8))).as(name).isFalse();
    }
    Process process = new ProcessBuilder("man", "-P", "cat", "rsync").start();
    String manual =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .replaceAll(".\b", "");
    int from = manual.indexOf("default file suffixes in the skip-compress list");
    if (from < 0) {
      return; // no manual here
    }
    int begin = manual.indexOf(':', from) + 1;
    String list = manual.substring(begin, manual.indexOf("This list", begin)).strip();
    for (String suffix : list.split("\\s+", -1)) {
      assertThat(usual.contains(("x." + suffix).getBytes(StandardCharsets.UTF_8)))
          .as(suffix)
          .isTrue();
    }
  }

  @Test
  void suffixes_may_have_classes() {
    SkipSuffixes own = SkipSuffixes.parse("gz/mp[34]/[jJ]p[eg]g/tar.x[z]");
    for (String name : new String[] {"a.gz", "a.mp3", "a.MP4", "a.jpeg", "a.jpgg", "b.tar.xz"}) {
      assertThat(own.contains(name.getBytes(StandardCharsets.UTF_8))).as(name).isTrue();
    }
    for (String name : new String[] {"a.jpg", "a.mp5", "a.xz", "tar.xz"}) {
      assertThat(own.contains(name.getBytes(StandardCharsets.UTF_8))).as(name).isFalse();
    }
    assertThat(SkipSuffixes.parse("").contains("a.gz".getBytes(StandardCharsets.UTF_8))).isFalse();
    assertThatThrownBy(() -> SkipSuffixes.parse("a[b"))
        .hasMessage("--skip-compress: the bracket in \"a[b\" does not end; add a ']'");
    assertThatThrownBy(() -> SkipSuffixes.parse("[abcdefghij]".repeat(9)))
        .hasMessageContaining("too many");
  }
}
