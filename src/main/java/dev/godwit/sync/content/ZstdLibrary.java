package dev.godwit.sync.content;

import com.github.luben.zstd.util.Native;
import com.github.luben.zstd.util.ZstdVersion;
import dev.godwit.linux.NativeLibrary;

/** Loads libzstd, once. */
final class ZstdLibrary {
  private static final boolean LOADED = load();

  private ZstdLibrary() {}

  /**
   * Returns when libzstd can be called.
   *
   * @throws UnsatisfiedLinkError with a message for the user when it cannot be loaded
   */
  static void need() {
    if (!LOADED) {
      throw new UnsatisfiedLinkError(
          "--compress: libzstd cannot be loaded here (neither from memory nor from "
              + System.getProperty("java.io.tmpdir")
              + "); leave --compress out, or let programs be loaded from there");
    }
  }

  private static boolean load() {
    String resource =
        "/linux/" + NativeLibrary.PROCESSOR + "/libzstd-jni-" + ZstdVersion.VERSION + ".so";
    Boolean loaded =
        NativeLibrary.load(
            resource,
            "zstd",
            path -> {
              System.load(path);
              Native.assumeLoaded();
              return true;
            });
    if (loaded != null) {
      return true;
    }
    try {
      Native.load(); // by way of a file in the directory for temporary files
      return true;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }
}
