package dev.godwit.sync.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.Names;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RulesTextTest {
  @Test
  void random_rules_are_the_same_after_the_way() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 3000; i++) {
      Rules.Builder builder = random(random);
      Rules rules = builder.build();
      byte[] text = RulesText.write(rules);
      assertThat(text.length).isLessThan(RulesText.BYTES_MAX);
      assertThat(fields(RulesText.read(text)))
          .as("seed %d, case %d: %s", seed, i, Names.display(text))
          .isEqualTo(fields(rules));
    }
  }

  @Test
  void the_other_side_is_told_what_is_asked_of_it() throws Exception {
    TestingSurroundings surroundings = new TestingSurroundings();
    Invocation invocation =
        Invocation.read(
            List.of(
                    "-aX",
                    "--fake-super",
                    "--munge-links",
                    "--drop-D",
                    "--copy-as=joe",
                    "-M",
                    "--super",
                    "-M-O",
                    "a",
                    "h:b")
                .stream()
                .map(Names::of)
                .toList(),
            surroundings);
    Rules there =
        RulesText.read(
            RulesText.writeForOtherSide(invocation.rules(), invocation.line().remoteOptions));
    assertThat(invocation.rules().fakeSuper && invocation.rules().mungeLinks).isTrue();
    assertThat(there.fakeSuper || there.mungeLinks || there.dropSpecials).isFalse();
    assertThat(there.copyAs).isNull();
    assertThat(there.recursive && there.xattrs && there.omitDirectoryTimes).isTrue();
    assertThat(there.superUser).isTrue();
  }

  @Test
  void what_cannot_be_told_to_the_other_side_is_said() throws Exception {
    Invocation invocation =
        Invocation.read(
            List.of(Names.of("-M--log-file=x"), Names.of("a"), Names.of("h:b")),
            new TestingSurroundings());
    assertThat(invocation.withoutEffect())
        .containsExactly(
            "-M --log-file=x has no effect but on an rsync there: messages come from this side");
    assertThatThrownBy(
            () ->
                Invocation.read(
                    List.of(Names.of("-M--no-such"), Names.of("a"), Names.of("h:b")),
                    new TestingSurroundings()))
        .hasMessageContaining("--no-such: unknown option");
  }

  @Test
  void rules_without_options_are_short() throws Exception {
    assertThat(RulesText.write(new Rules.Builder().build()).length).isLessThan(60);
    assertThat(fields(RulesText.read(new byte[0]))).isEqualTo(fields(new Rules.Builder().build()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--recursive", // not ended
        "--no-such-option\0",
        "--max-size=x\0",
        "a path\0",
        "--exclude-from=/etc/shadow\0",
        "--files-from=/etc/shadow\0",
        "--exclude=a\0",
        "--daemon\0",
        "--delete-before\0--compare-dest=a\0--link-dest=b\0",
      })
  void h40_what_is_no_rule_is_refused(String text) {
    assertThatThrownBy(() -> RulesText.read(Names.of(text))).isInstanceOf(UsageException.class);
  }

  @Test
  void h40_what_is_too_long_is_refused() throws Exception {
    byte[] many = Names.of("-r\0".repeat(RulesText.ARGUMENTS_MAX));
    byte[] large = Names.of("--temp-dir=" + "x".repeat(RulesText.BYTES_MAX - 12) + "\0");
    for (byte[] text : List.of(many, large)) {
      assertThat(RulesText.read(text)).isNotNull();
    }
    byte[] tooMany = Names.of("-r\0".repeat(RulesText.ARGUMENTS_MAX + 1));
    byte[] tooLarge = Names.of("--temp-dir=" + "x".repeat(RulesText.BYTES_MAX - 11) + "\0");
    for (byte[] text : List.of(tooMany, tooLarge)) {
      assertThatThrownBy(() -> RulesText.read(text)).hasMessageContaining("too long");
    }
  }

  @Test
  void h40_random_bytes_never_break_the_reader() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] start = RulesText.write(random(random).build());
    for (int i = 0; i < 5000; i++) {
      byte[] text = start.clone();
      for (int j = random.nextInt(5); j >= 0; j--) {
        text[random.nextInt(text.length)] = (byte) random.nextInt();
      }
      try {
        RulesText.read(Arrays.copyOf(text, random.nextInt(text.length + 1)));
      } catch (UsageException e) {
        assertThat(e.problems()).as("seed %d", seed).isNotEmpty();
      }
    }
  }

  private static List<String> fields(Rules rules) throws IllegalAccessException {
    List<String> all = new ArrayList<>();
    for (Field field : Rules.class.getDeclaredFields()) {
      if (!Modifier.isStatic(field.getModifiers())) {
        all.add(field.getName() + "=" + shown(field.get(rules)));
      }
    }
    assertThat(all).hasSizeGreaterThan(90);
    return all;
  }

  private static String shown(Object value) {
    if (value instanceof byte[] bytes) {
      return Names.display(bytes) + bytes.length;
    }
    if (value instanceof List<?> list) {
      StringBuilder all = new StringBuilder();
      for (Object element : list) {
        all.append(
            element instanceof BasisDirectory basis
                ? basis.use() + Names.display(basis.path())
                : element);
        all.append(';');
      }
      return all.toString();
    }
    return String.valueOf(value);
  }

  /** Every field by chance, but for what no command line leads to. */
  private static Rules.Builder random(Random random) {
    Rules.Builder rules = new Rules.Builder();
    try {
      for (Field field : Rules.Builder.class.getDeclaredFields()) {
        if (random.nextInt(3) > 0) {
          field.set(rules, value(field, random, field.get(rules)));
        }
      }
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
    rules.createTimes = false;
    rules.skipMountPoints &= rules.oneFileSystem;
    rules.systemXattrs &= rules.xattrs;
    rules.fuzzyInBasisDirectories &= rules.fuzzy;
    rules.appendVerify &= rules.append;
    rules.checksum |= rules.verify;
    rules.dryRun |= rules.verify;
    rules.wantsItems |= rules.verify;
    rules.wantsUnchanged &= rules.wantsItems;
    return rules;
  }

  private static Object value(Field field, Random random, Object usual) {
    Class<?> type = field.getType();
    return switch (field.getName()) {
      case "chmod" -> random.nextBoolean() ? List.of("Dg+s,F644") : List.of("u+x", "g=u", "o-w");
      case "basisDirectories" -> {
        BasisDirectory.Use use = BasisDirectory.Use.values()[random.nextInt(3)];
        List<BasisDirectory> all = new ArrayList<>();
        for (int i = random.nextInt(20); i >= 0; i--) {
          all.add(new BasisDirectory(use, bytes(random)));
        }
        yield all;
      }
      case "blockSize" -> random.nextInt(Implications.BLOCK_BYTES_MAX + 1);
      case "bandwidth" -> random.nextInt(1_000_000) * 1024L;
      case "deleteShareMax" -> random.nextDouble();
      case "deleteMax" -> (long) random.nextInt(1000);
      case "modifyWindowSeconds" -> (long) random.nextInt(1000) - 1;
      case "timeoutSeconds" -> random.nextInt(Integer.MAX_VALUE);
      case "stopAtSeconds", "sizeMin", "sizeMax" -> random.nextLong(1L << 45);
      case "compressLevel" -> random.nextInt(-200_000, 200_000);
      case "compressChoice" -> List.of("zstd", "lz4", "zlib", "zlibx").get(random.nextInt(4));
      case "checksumChoice" ->
          List.of("md5", "xxh3,none", "none", "sha1,md5").get(random.nextInt(4));
      case "userMap", "groupMap", "copyAs", "skipCompress" -> "a\u00e4*:b, " + random.nextInt();
      case "confineRoot" -> Names.of("/" + random.nextInt());
      default -> {
        if (type == boolean.class || type == Boolean.class) {
          yield random.nextBoolean();
        }
        if (type == byte[].class) {
          yield bytes(random);
        }
        if (type.isEnum()) {
          yield type.getEnumConstants()[random.nextInt(type.getEnumConstants().length)];
        }
        throw new AssertionError("a kind of field that this test does not know: " + field + usual);
      }
    };
  }

  private static byte[] bytes(Random random) {
    byte[] bytes = new byte[random.nextInt(30)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (1 + random.nextInt(255));
    }
    return Objects.requireNonNull(bytes);
  }
}
