package dev.godwit.host;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
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
   * Reads a file to its end, for its hash.
   *
   * @throws HostException when the file cannot be read
   */
  public static AgentFile of(Path path) throws HostException {
    try (InputStream in = Files.newInputStream(path)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[64 * 1024];
      long bytes = 0;
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
        bytes += count;
      }
      return new AgentFile(path, HexFormat.of().formatHex(digest.digest()), bytes);
    } catch (IOException e) {
      throw new HostException("Cannot read " + path + ": " + e.getMessage(), e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  /** What is named by the property, or else where the classes came from; null for neither. */
  static @Nullable Path jar() {
    String named = System.getProperty(PROPERTY);
    if (named != null) {
      return Path.of(named);
    }
    CodeSource source = AgentFile.class.getProtectionDomain().getCodeSource();
    try {
      return source == null ? null : Path.of(source.getLocation().toURI());
    } catch (URISyntaxException | IllegalArgumentException e) {
      return null;
    }
  }
}
