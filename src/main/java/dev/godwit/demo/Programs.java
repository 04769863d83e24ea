package dev.godwit.demo;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;

/** Where programs and this room's own files are. */
final class Programs {
  private static final String[] FOLDERS = {
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"
  };

  /** The PATH of everything the lab starts. */
  static final String PATH = String.join(":", FOLDERS);

  private Programs() {}

  static boolean isInstalled(String program) {
    for (String folder : FOLDERS) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  /** The jar or the folder of classes this program runs from. */
  static Path codeSource() {
    CodeSource source = Programs.class.getProtectionDomain().getCodeSource();
    if (source == null) {
      throw new IllegalStateException("the program does not know which jar it runs from");
    }
    try {
      return Path.of(source.getLocation().toURI()).toAbsolutePath();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The folder that has the start script: which it says itself, or where this was built. */
  static Path home() {
    String said = System.getProperty("godwit.home");
    if (said != null) {
      return Path.of(said);
    }
    Path code = codeSource(); // target/classes, or target/godwit.jar
    Path folder = code.getParent();
    Path above = folder == null ? null : folder.getParent();
    if (folder == null || above == null) {
      return code;
    }
    return folder.endsWith("target") ? above : folder;
  }

  /** A file that is packed beside this class. */
  static String resource(String name) {
    try (InputStream in = Programs.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the program is packed without " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + name + " from the program's jar", e);
    }
  }
}
