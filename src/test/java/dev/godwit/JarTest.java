package dev.godwit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.host.AgentFile;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What runs on every host. */
@Tag("lab") // it needs the jar
final class JarTest {
  private static final Path JAR =
      Path.of(System.getProperty(AgentFile.PROPERTY, "target/run/godwit.jar"));

  /** The time of the build would make two builds of one commit different files. */
  @Test
  void h81_no_entry_tells_when_it_was_built() throws Exception {
    try (ZipFile jar = new ZipFile(JAR.toFile())) {
      assertThat(
              jar.stream()
                  .filter(entry -> entry.getName().startsWith("dev/godwit/"))
                  .map(ZipEntry::getTimeLocal)
                  .distinct()
                  .toList())
          .containsExactly(LocalDateTime.of(2026, 1, 1, 0, 0)); // as in pom.xml
    }
  }

  /** An ahead-of-time cache keeps no class that is older, and the start would read it anew. */
  @Test
  void no_class_is_older_than_a_cache_keeps() throws Exception {
    try (ZipFile jar = new ZipFile(JAR.toFile())) {
      for (ZipEntry entry : Collections.list(jar.entries())) {
        if (entry.getName().endsWith(".class")) {
          try (InputStream content = jar.getInputStream(entry)) {
            assertThat(ClassFile.of().parse(content.readAllBytes()).majorVersion())
                .as(entry.getName())
                .isGreaterThanOrEqualTo(ClassFile.JAVA_6_VERSION);
          }
        }
      }
    }
  }
}
