package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PlainNamesTest {
  private static final int LARGE = 10_000;

  @TempDir private Path folder;

  private PlainNames.Found look() throws LinuxException {
    try (DirectoryHandle handle =
        DirectoryHandle.open(folder.toString().getBytes(StandardCharsets.UTF_8))) {
      return PlainNames.of(handle, LARGE);
    }
  }

  private static Set<String> names(PlainNames.Found found) {
    Set<String> names = new TreeSet<>();
    found.others().forEach(one -> names.add(new String(one.name(), StandardCharsets.UTF_8)));
    return names;
  }

  @Test
  void an_empty_directory_has_none() throws Exception {
    assertThat(look()).isEqualTo(new PlainNames.Found(0, 0, java.util.List.of()));
  }

  @Test
  void directories_large_files_and_those_with_several_names_are_told() throws Exception {
    Random random = new Random(7);
    Set<String> told = new TreeSet<>();
    long bytes = 0;
    int plain = 0;
    for (int i = 0; i < 1000; i++) {
      String name = "n" + i;
      Path path = folder.resolve(name);
      switch (random.nextInt(5)) {
        case 0 -> {
          Files.createDirectory(path);
          told.add(name);
        }
        case 1 -> {
          Files.createSymbolicLink(path, Path.of("nowhere"));
          plain++;
          bytes += "nowhere".length();
        }
        case 2 -> {
          Files.write(path, new byte[LARGE - 1 + random.nextInt(2)]);
          if (Files.size(path) == LARGE) {
            told.add(name);
          } else {
            plain++;
            bytes += LARGE - 1;
          }
        }
        case 3 -> {
          Files.createLink(folder.resolve(name + "-too"), Files.write(path, new byte[3]));
          told.add(name);
          told.add(name + "-too");
        }
        default -> {
          Files.write(path, new byte[i]);
          plain++;
          bytes += i;
        }
      }
    }
    PlainNames.Found found = look();
    assertThat(names(found)).isEqualTo(told);
    assertThat(found.others()).hasSize(told.size());
    assertThat(found.names()).isEqualTo(plain);
    assertThat(found.bytes()).isEqualTo(bytes);
    for (DirectoryEntry entry : found.others()) {
      Path path = folder.resolve(new String(entry.name(), StandardCharsets.UTF_8));
      assertThat(entry.type())
          .isEqualTo(Files.isDirectory(path) ? DirectoryEntry.DIRECTORY : DirectoryEntry.REGULAR);
      assertThat(entry.inode()).isEqualTo(Files.getAttribute(path, "unix:ino"));
    }
  }
}
