package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.util.ZstdVersion;
import dev.godwit.TestingPatience;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class NativeLibraryTest {
  private static final String ZSTD =
      "/linux/%s/libzstd-jni-%s.so".formatted(NativeLibrary.PROCESSOR, ZstdVersion.VERSION);
  private static final String XXHASH =
      "/aircompressor/linux-%s/libxxhash.so".formatted(NativeLibrary.PROCESSOR);

  private static final String ZSTD_SYMBOL =
      "Java_com_github_luben_zstd_ZstdBufferDecompressingStreamNoFinalizer_createDStreamNative";

  private final List<String> paths = new ArrayList<>();

  private boolean has(String resource, String symbol) {
    Boolean found =
        NativeLibrary.load(
            resource,
            "test",
            path -> {
              paths.add(path);
              return SymbolLookup.libraryLookup(path, Arena.global()).find(symbol).isPresent();
            });
    return Boolean.TRUE.equals(found);
  }

  /** One after the other, as the descriptor of the first could have become the second's. */
  @Test
  void a_library_is_not_taken_for_the_one_before_it() {
    assertThat(has(ZSTD, ZSTD_SYMBOL)).isTrue();
    assertThat(has(XXHASH, "XXH3_128bits_withSeed")).isTrue();
    assertThat(has(ZSTD, "XXH3_128bits_withSeed")).isFalse();
    assertThat(paths).doesNotHaveDuplicates();
  }

  @Test
  void what_is_not_there_is_null() {
    assertThat(NativeLibrary.<Boolean>load("/there-is-none", "test", path -> true)).isNull();
  }
}
