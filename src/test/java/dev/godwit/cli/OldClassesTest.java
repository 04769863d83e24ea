package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(TestingPatience.TEST_SECONDS)
final class OldClassesTest {
  private static final String OWN = "dev/godwit/cli/OldClasses.class";

  @TempDir Path folder;

  @Test
  void a_library_of_java_5_has_the_newer_format_and_does_what_it_did() throws Exception {
    Path library =
        Path.of(CommandLine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path renewed = folder.resolve("renewed.jar");

    OldClasses.renew(library, renewed);

    Map<String, byte[]> before = content(library);
    Map<String, byte[]> after = content(renewed);
    List<String> classes = before.keySet().stream().filter(OldClassesTest::isClass).toList();
    List<String> old = classes.stream().filter(name -> version(before, name) < 50).toList();
    assertThat(old).as("as it is published").hasSizeGreaterThan(100);
    assertThat(classes).allSatisfy(name -> assertThat(version(after, name)).isGreaterThan(50));
    byte[] notice = after.remove(OldClasses.NOTICE);
    assertThat(new String(notice, StandardCharsets.UTF_8).lines()).containsAll(old);
    assertThat(after.keySet()).isEqualTo(before.keySet());
    assertThat(after)
        .allSatisfy(
            (name, bytes) -> {
              if (!old.contains(name)) {
                assertThat(bytes).isEqualTo(before.get(name));
              }
            });
    assertThat(helpOf(renewed)).isEqualTo(helpOf(library)).contains("--completionScript");
  }

  @Test
  void what_is_new_enough_stays_as_it_is_and_nothing_is_said_of_it() throws IOException {
    byte[] own;
    try (InputStream in = ClassLoader.getSystemResourceAsStream(OWN)) {
      own = in.readAllBytes();
    }
    Path jar = jar(Map.of(OWN, own, "a-text.class.txt", new byte[] {1}));
    Path renewed = folder.resolve("renewed.jar");

    OldClasses.renew(jar, renewed);

    assertThat(content(renewed)).containsOnlyKeys(OWN, "a-text.class.txt");
    assertThat(content(renewed).get(OWN)).isEqualTo(own);
  }

  /** A class of Java 5 which takes a number for a text: as wrong as it was. */
  @Test
  void a_class_that_cannot_be_checked_is_named_and_ends_the_build() throws IOException {
    byte[] wrong =
        ClassFile.of()
            .build(
                ClassDesc.of("Wrong"),
                builder ->
                    builder
                        .withVersion(ClassFile.JAVA_5_VERSION, 0)
                        .withMethodBody(
                            "text",
                            java.lang.constant.MethodTypeDesc.of(ConstantDescs.CD_String),
                            ClassFile.ACC_STATIC,
                            code -> code.iconst_0().areturn()));
    Path jar = jar(Map.of("Wrong.class", wrong));

    assertThatThrownBy(() -> OldClasses.renew(jar, folder.resolve("renewed.jar")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Wrong.class");
  }

  private static boolean isClass(String name) {
    return name.endsWith(".class") && !name.startsWith("META-INF");
  }

  private static int version(Map<String, byte[]> jar, String name) {
    return ClassFile.of().parse(Objects.requireNonNull(jar.get(name), name)).majorVersion();
  }

  /** Of the library's own program, which parses its words and shows its help with it. */
  private String helpOf(Path jar) throws Exception {
    Path said = folder.resolve("said");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                jar.toString(),
                "picocli.AutoComplete",
                "--help")
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    process.getOutputStream().close();
    assertThat(process.waitFor()).as(() -> said.toString()).isZero();
    return Files.readString(said);
  }

  private Path jar(Map<String, byte[]> content) throws IOException {
    Path jar = folder.resolve("made.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        ZipOutputStream to = new ZipOutputStream(file)) {
      for (Map.Entry<String, byte[]> entry : content.entrySet()) {
        to.putNextEntry(new ZipEntry(entry.getKey()));
        to.write(entry.getValue());
      }
    }
    return jar;
  }

  private static Map<String, byte[]> content(Path jar) throws IOException {
    Map<String, byte[]> content = new LinkedHashMap<>();
    try (ZipFile file = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : new ArrayList<>(Collections.list(file.entries()))) {
        try (InputStream in = file.getInputStream(entry)) {
          content.put(entry.getName(), in.readAllBytes());
        }
      }
    }
    return content;
  }
}
