package dev.godwit.host;

import dev.godwit.linux.Sha256;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The jar that far hosts run as their agent: the one that this process runs from, so that both ends
 * are the same build.
 *
 * @param sha256 64 lower-case hexadecimal digits; also the build that both ends show each other
 * @param bytes the file's size
 */
public record AgentFile(Path path, String sha256, long bytes) {
  /** Names the jar when the classes come from elsewhere, as in tests. */
  public static final String PROPERTY = "godwit.jar";

  private static final Pattern INSTALLED = Pattern.compile("agent-([0-9a-f]{64})\\.jar");
  private static final Pattern NOTED = Pattern.compile("([0-9a-f]{64}) (\\d{1,18})\\s*");

  public AgentFile {
    if (!sha256.matches("[0-9a-f]{64}") || bytes <= 0) {
      throw new IllegalArgumentException(sha256 + ", " + bytes + " bytes");
    }
  }

  /**
   * The jar that this process runs from, or the one that the system property {@value #PROPERTY}
   * names.
   *
   * @throws HostException when there is none
   */
  public static AgentFile running() throws HostException {
    Path path = jar();
    if (path == null || !Files.isRegularFile(path)) {
      throw new HostException(
          "Cannot find the file godwit.jar that far hosts need: this Godwit does not run from it."
              + " Start it as `java -jar godwit.jar`, or name the file with -D"
              + PROPERTY
              + "=FILE.");
    }
    return of(path);
  }

  /**
   * Reads a file to its end for its hash, unless somebody has done so before: a far host, whose
   * bootstrap has just compared the file with the hash in its name, or the build, which wrote the
   * hash beside it. Java would take a tenth of a second for it at each start. A wrong hash there
   * does no harm but that the upload is refused: the far host counts for itself.
   *
   * @throws HostException when the file cannot be read
   */
  public static AgentFile of(Path path) throws HostException {
    try {
      String known = known(path);
      return known == null ? read(path) : new AgentFile(path, known, Files.size(path));
    } catch (IOException e) {
      throw new HostException("Cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  private static @Nullable String known(Path path) throws IOException {
    Matcher name = INSTALLED.matcher(String.valueOf(path.getFileName()));
    if (name.matches()) {
      return name.group(1);
    }
    Path beside = path.resolveSibling(path.getFileName() + ".sha256");
    if (!Files.isRegularFile(beside)
        || Files.getLastModifiedTime(beside).compareTo(Files.getLastModifiedTime(path)) < 0) {
      return null;
    }
    Matcher line = NOTED.matcher(Files.readString(beside));
    return line.matches() && line.group(2).equals(Long.toString(Files.size(path)))
        ? line.group(1)
        : null;
  }

  private static AgentFile read(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      MessageDigest digest = Sha256.ofJava();
      byte[] buffer = new byte[64 * 1024];
      long bytes = 0;
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
        bytes += count;
      }
      return new AgentFile(path, HexFormat.of().formatHex(digest.digest()), bytes);
    }
  }

  /** What is named by the property, or else where the classes came from; null for neither. */
  static @Nullable Path jar() {
    String named = System.getProperty(PROPERTY);
    if (named != null) {
      return Path.of(named);
    }
    // An ahead-of-time cache knows where its classes were when it was made: elsewhere when the
    // program was copied since.
    Path started = started(System.getProperty("java.class.path", ""));
    if (started != null) {
      return started;
    }
    CodeSource source = AgentFile.class.getProtectionDomain().getCodeSource();
    URL from = source == null ? null : source.getLocation();
    if (from == null) {
      return null;
    }
    try {
      return Path.of(from.toURI());
    } catch (URISyntaxException | IllegalArgumentException e) {
      return null;
    }
  }

  /** The jar that {@code java -jar} was given; null when classes came from elsewhere. */
  static @Nullable Path started(String classPath) {
    return classPath.endsWith(".jar") && classPath.indexOf(File.pathSeparatorChar) < 0
        ? Path.of(classPath)
        : null;
  }
}
