package dev.godwit.sync.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.linux.NativeLibrary;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ChecksumTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(
      names = {"XXH128", "XXH3", "XXH64", "MD5", "MD4", "SHA1"},
      value = ChecksumKind.class)
  void prints_what_rsync_prints(ChecksumKind kind) throws Exception {
    Path source = Files.createDirectory(folder.resolve("source"));
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    // The lengths where the algorithms change their way.
    int[] lengths = {
      0, 1, 3, 4, 8, 9, 16, 17, 55, 56, 63, 64, 65, 128, 129, 240, 241, 1024, 300_001
    };
    for (int length : lengths) {
      byte[] content = new byte[length];
      random.nextBytes(content);
      Files.write(source.resolve("f" + length), content);
    }
    String printed =
        rsync(
            "-r",
            "--checksum",
            "--checksum-choice=" + kind.text(),
            "--out-format=%n %C",
            source + "/",
            folder.resolve("target") + "/");
    Checksum checksum = kind.start();
    for (int length : lengths) {
      byte[] content = Files.readAllBytes(source.resolve("f" + length));
      checksum.update(content, 0, length / 3);
      checksum.update(content, length / 3, length - length / 3);
      byte[] sum = checksum.finish();
      assertThat(sum).hasSize(kind.bytes());
      assertThat(printed.lines()).contains("f" + length + " " + Checksum.text(sum));
    }
    assertThat(printed).startsWith("./ " + kind.blank() + "\n");
  }

  @Test
  void the_checksum_that_is_none_is_printed_as_rsync_prints_it() throws Exception {
    Path source = Files.createDirectory(folder.resolve("source"));
    Files.writeString(source.resolve("f"), "content");
    String printed =
        rsync("-r", "--cc=none", "--out-format=%n|%C|", source + "/", folder.resolve("t") + "/");
    assertThat(printed).contains("f|" + ChecksumKind.NONE.blank() + "|");
  }

  private static String rsync(String... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = "rsync";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(TestingPatience.LIMIT)).isTrue();
    assertThat(process.exitValue()).as(printed).isZero();
    return printed;
  }

  @ParameterizedTest
  @CsvSource({
    "XXH64, '', ef46db3751d8e999",
    "XXH3, '', 2d06800538d394c2",
    "XXH128, '', 99aa06d3014798d86001c324468d497f",
    "MD4, '', 31d6cfe0d16ae931b73c59d7e0c089c0",
    "MD4, abc, a448017aaf21d8525fc10ae87aa6729d",
    "MD4, 12345678901234567890123456789012345678901234567890123456789012345678901234567890,"
        + " e33b4ddc9c38f2199c3e7b164fcc0536",
    "MD5, abc, 900150983cd24fb0d6963f7d28e17f72",
    "SHA1, abc, a9993e364706816aba3e25717850c26c9cd0d89d",
    "SHA256, abc, ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  })
  void has_the_values_of_the_standards(ChecksumKind kind, String content, String expected) {
    byte[] bytes = content.getBytes(StandardCharsets.US_ASCII);
    Checksum checksum = kind.start();
    checksum.update(bytes, 0, bytes.length);
    assertThat(Checksum.text(checksum.finish())).isEqualTo(expected);
  }

  @Test
  void one_ended_checksum_begins_a_new_one() {
    for (ChecksumKind kind : ChecksumKind.values()) {
      if (kind != ChecksumKind.NONE) {
        Checksum checksum = kind.start();
        byte[] empty = checksum.finish();
        checksum.update(new byte[] {1, 2, 3}, 0, 3);
        assertThat(checksum.finish()).as(kind.text()).isNotEqualTo(empty);
        assertThat(checksum.finish()).as(kind.text()).isEqualTo(empty);
      }
    }
  }

  @Test
  void a_choice_is_one_name_or_two() {
    assertThat(ChecksumChoice.parse(null)).isEqualTo(ChecksumChoice.USUAL);
    assertThat(ChecksumChoice.parse("auto")).isEqualTo(ChecksumChoice.USUAL);
    assertThat(ChecksumChoice.parse("XXHash"))
        .isEqualTo(new ChecksumChoice(ChecksumKind.XXH64, ChecksumKind.XXH64));
    assertThat(ChecksumChoice.parse("md5,sha1"))
        .isEqualTo(new ChecksumChoice(ChecksumKind.MD5, ChecksumKind.SHA1));
    assertThat(ChecksumChoice.parse("md5,auto").compare()).isEqualTo(ChecksumKind.MD5);
    assertThat(ChecksumChoice.parse("auto,md5").transfer()).isEqualTo(ChecksumKind.XXH128);
    assertThat(ChecksumChoice.parse("none,md5").forcesWholeFiles()).isTrue();
    assertThat(ChecksumChoice.parse("md5,none").forcesWholeFiles()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "null",
      value = {"''", "crc32", "'md5,'", "',md5'", "'md5,md5,md5'"})
  void a_choice_that_is_none_is_refused_with_what_there_is(String text) {
    assertThatThrownBy(() -> ChecksumChoice.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--checksum-choice=" + text)
        .hasMessageContaining("xxh128 xxh3 xxh64 md5 md4 sha1");
  }

  @Test
  void no_checksum_cannot_compare() {
    assertThatThrownBy(() -> ChecksumChoice.parse("md5,none").needCompare())
        .hasMessageContaining("--checksum");
    ChecksumChoice.parse("none,md5").needCompare();
  }

  @Test
  void the_hash_of_the_library_is_that_of_java() {
    NativeXxh3 library = NativeXxh3.get();
    assertThat(library).as("libxxhash can be loaded here").isNotNull();
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    byte[] data = new byte[100_000];
    random.nextBytes(data);
    for (int i = 0; i < 3000; i++) {
      int length = i < 600 ? i : random.nextInt(data.length - 8);
      int offset = random.nextInt(Math.min(8, data.length - length));
      long key = i % 3 == 0 ? 0 : random.nextLong();
      byte[] mine = new byte[20];
      byte[] theirs = new byte[20];
      new Xxh3(key, library).hash(data, offset, length, mine, 3);
      new Xxh3(key, null).hash(data, offset, length, theirs, 3);
      assertThat(mine).as("length " + length + " seed " + key).isEqualTo(theirs);
    }
    byte[] empty = new byte[16];
    new Xxh3(0).hash(data, 0, 0, empty, 0);
    assertThat(HexFormat.of().formatHex(empty)).isEqualTo("99aa06d3014798d86001c324468d497f");
  }

  @Test
  void a_library_that_is_not_there_is_none() {
    assertThat(NativeLibrary.<String>load("/no/such.so", "x", path -> path)).isNull();
    assertThat(
            NativeLibrary.<String>load(
                "/aircompressor/linux-" + NativeLibrary.PROCESSOR + "/libxxhash.so",
                "x",
                path -> {
                  throw new UnsatisfiedLinkError("not here");
                }))
        .isNull();
  }

  @Test
  void the_jar_has_the_library_for_both_processors() {
    for (String processor : new String[] {"amd64", "aarch64"}) {
      assertThat(Xxh3.class.getResource("/aircompressor/linux-" + processor + "/libxxhash.so"))
          .isNotNull();
    }
  }
}
