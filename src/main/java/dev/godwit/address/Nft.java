package dev.godwit.address;

import dev.godwit.host.Processes;
import dev.godwit.wire.Printable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The packet filter of this host, by nft(8). */
final class Nft {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int SAID_MAX = 300;

  private final String program;

  Nft(String program) {
    this.program = program;
  }

  /**
   * Makes a script true, all of it or nothing.
   *
   * @return what is in the way; empty when it is done
   */
  String apply(String script) throws InterruptedException {
    return run(script);
  }

  /**
   * Has a script looked at by nft and by the kernel, which reads it to its end, loads what modules
   * it takes, and then drops it.
   *
   * @return why it could not be applied; empty when it could
   */
  String tryOut(String script) throws InterruptedException {
    return run(script, "--check");
  }

  private String run(String script, String... options) throws InterruptedException {
    try {
      List<String> argv = new ArrayList<>(List.of(Processes.find(program).toString()));
      argv.addAll(List.of(options));
      argv.addAll(List.of("-f", "-"));
      Processes.Outcome outcome =
          Processes.run(argv, LIMIT, script.getBytes(StandardCharsets.UTF_8), Map.of());
      return outcome.isSuccess() ? "" : program + " refuses the rules: " + said(outcome);
    } catch (IOException e) {
      return String.valueOf(e.getMessage()); // it is not installed
    }
  }

  /** The first complaint, with the line of the script that it is about. */
  private static String said(Processes.Outcome outcome) {
    if (outcome.timedOut()) {
      return "it did not end within %d s".formatted(LIMIT.toSeconds());
    }
    List<String> lines = outcome.err().strip().lines().limit(2).map(String::strip).toList();
    String first = lines.isEmpty() ? "exit status " + outcome.exit() : lines.getFirst();
    String what = first.replaceFirst("^/dev/stdin:[0-9:-]+ ", "");
    return Printable.line(lines.size() < 2 ? what : what + " in: " + lines.get(1), SAID_MAX);
  }
}
