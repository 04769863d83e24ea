package dev.godwit.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFilesTest {
  @TempDir Path root;

  @Test
  void h70_known_data_directories_are_found_a_little_below() throws Exception {
    Files.createDirectories(root.resolve("lib/mysql/mysql"));
    Files.createFile(root.resolve("lib/mysql/ibdata1"));
    Files.createDirectories(root.resolve("postgresql/15/main/global"));
    Files.createFile(root.resolve("postgresql/15/main/global/pg_control"));
    Files.createDirectories(root.resolve("mongo"));
    Files.createFile(root.resolve("mongo/WiredTiger"));
    Files.createDirectories(root.resolve("www/global"));
    Files.createSymbolicLink(root.resolve("link"), root.resolve("lib"));
    assertThat(DataFiles.search(root.toString()))
        .containsExactlyInAnyOrder(
            new Found(root + "/lib/mysql", Engine.MARIADB),
            new Found(root + "/postgresql/15/main", Engine.POSTGRESQL),
            new Found(root + "/mongo", Engine.MONGODB));
    assertThat(DataFiles.search(root + "/lib/mysql"))
        .containsExactly(new Found(root + "/lib/mysql", Engine.MARIADB));
    assertThat(DataFiles.search(root + "/none")).isEmpty();
  }

  @Test
  void what_has_changed_lately_counts_with_its_whole_size() throws Exception {
    Files.createDirectories(root.resolve("db"));
    Files.write(root.resolve("db/hot"), new byte[3000]);
    Files.write(root.resolve("cold"), new byte[500]);
    Files.setLastModifiedTime(
        root.resolve("cold"), FileTime.from(Instant.now().minus(Duration.ofHours(2))));
    assertThat(DataFiles.measure(root.toString(), Duration.ofMinutes(10)))
        .isEqualTo(new Amount(2, 3500, 1, 3000));
  }
}
