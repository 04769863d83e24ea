package dev.godwit;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The classes that are tested, for processes of their own. */
public final class TestingClassPath {
  private TestingClassPath() {}

  /** This process's class path, which is the same from any other working directory. */
  public static String absolute() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .map(part -> Path.of(part).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /**
   * Loads what Godwit has below these packages, in a process whose calls are made to fail: each
   * class is a file here, and one that is needed for the first time in that moment, as those are
   * that tell of a failure, would be missed for ever.
   *
   * @param packages below dev.godwit, as folders
   */
  public static void load(String... packages) throws Exception {
    Path root = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    if (!Files.isDirectory(root)) {
      return; // a jar stays open
    }
    for (String name : packages) {
      try (Stream<Path> files = Files.walk(root.resolve("dev/godwit").resolve(name))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
          String loaded = root.relativize(file).toString().replace('/', '.');
          Class<?> unused = Class.forName(loaded.substring(0, loaded.length() - ".class".length()));
        }
      }
    }
  }
}
