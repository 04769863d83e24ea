package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SharedMappingsTest {
  private static final int BYTES = 3 * 4096;

  @TempDir Path folder;

  private MemorySegment map(String name, MapMode mode, Arena arena) throws IOException {
    Path file = folder.resolve(name);
    Files.write(file, new byte[BYTES]);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel.map(mode, 0, BYTES, arena);
    }
  }

  @Test
  void h20_are_those_that_are_stored_to_however_the_kernel_tells_them() throws Exception {
    List<String> before = SharedMappings.ofText("self");
    try (Arena arena = Arena.ofShared()) {
      map("first", MapMode.READ_WRITE, arena).set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
      map("read", MapMode.READ_ONLY, arena);
      map("private", MapMode.PRIVATE, arena);
      map("of two\nlines", MapMode.READ_WRITE, arena);
      map("removed", MapMode.READ_WRITE, arena);
      Files.delete(folder.resolve("removed"));
      String[] paths = {
        folder.resolve("first").toString(),
        folder.resolve("of two\nlines").toString(),
        folder.resolve("removed") + " (deleted)"
      };
      List<String> text = SharedMappings.ofText("self");
      assertThat(text).contains(paths).hasSize(before.size() + paths.length);
      assertThat(SharedMappings.all()).contains(paths);
      List<String> answer = MappingQuery.sharedWritable("self");
      boolean isThere = MappingQuery.isThere;
      try {
        MappingQuery.isThere = false;
        assertThat(SharedMappings.of("self")).isEqualTo(text);
      } finally {
        MappingQuery.isThere = isThere;
      }
      assumeThat(answer).as("of a kernel since 6.11").isNotNull();
      assertThat(answer).containsExactlyElementsOf(text);
    }
    assertThat(SharedMappings.of("self")).isEqualTo(before);
  }

  @Test
  void of_a_process_that_is_not_there_is_an_error() {
    assertThatThrownBy(() -> SharedMappings.of("4194304")).isInstanceOf(IOException.class);
  }

  @Test
  void of_the_kernels_own_threads_are_none() throws Exception {
    assumeThat(Path.of("/proc/2/comm")).as("of the whole host").content().contains("kthreadd");
    assertThat(SharedMappings.of("2")).isEmpty();
  }
}
