package dev.godwit.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The one command line that runs on a far host: {@code bootstrap.sh} as a constant, with nothing
 * filled in but two hashes, four numbers, the name of a processor and a directory (H76); before it
 * stand the words by which the user wants it to be run, if any.
 */
final class Bootstrap {
  /** What the script's line on standard output begins with. */
  static final String STATUS = "godwit-bootstrap 1 ";

  private Bootstrap() {}

  /** The command for the user's login shell, whichever that is. */
  static String command(AgentFile agent, @Nullable RuntimeImage runtime, SshOptions options) {
    // What runs it may be a word of the shell itself, such as command, for which exec would look in
    // vain.
    String by = options.runBy().isEmpty() ? "exec" : String.join(" ", options.runBy());
    return by + " sh -c '" + script(agent, runtime, options) + "'";
  }

  /** The script on one line. */
  static String script(AgentFile agent, @Nullable RuntimeImage runtime, SshOptions options) {
    Duration keep = options.keep();
    try (InputStream in = Bootstrap.class.getResourceAsStream("bootstrap.sh")) {
      if (in == null) {
        throw new IllegalStateException("bootstrap.sh is missing from the program");
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .collect(Collectors.joining(" "))
          .replace("@SHA256@", agent.sha256())
          .replace("@BYTES@", Long.toString(agent.bytes()))
          .replace("@FROM@", options.staysAtHome() ? "." : "/")
          .replace("@JAVA_MIN@", Integer.toString(options.javaMin()))
          .replace("@RUNTIME@", runtime == null ? "none" : runtime.archive().sha256())
          .replace(
              "@RUNTIME_BYTES@", Long.toString(runtime == null ? 0 : runtime.archive().bytes()))
          .replace("@RUNTIME_PROCESSOR@", runtime == null ? "none" : runtime.processor())
          .replace("@KEEP@", Long.toString(keep == null ? 0 : keep.toSeconds()));
    } catch (IOException e) {
      throw new IllegalStateException("bootstrap.sh cannot be read", e);
    }
  }
}
