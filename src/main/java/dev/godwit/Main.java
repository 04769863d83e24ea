package dev.godwit;

import dev.godwit.cli.Godwit;
import dev.godwit.cli.Terminal;
import dev.godwit.cli.Version;

/**
 * The program's entry point. What is started often, or by Godwit itself on a host, is dispatched
 * here, before the command line's library is loaded: it costs more than they do.
 */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    String first = args.length == 0 ? "" : args[0];
    switch (first) {
      case "--version", "-V" -> System.out.println(Version.line());
      // The processes that Godwit starts by itself, none of them in --help:
      // case "agent" -> serves a host over standard input and output
      // case "gate-daemon" -> stands in front of the services on old
      // case "landing-daemon" -> hands relayed connections to the services on new
      // case "background" -> keeps the mirrors of a move
      default -> System.exit(Godwit.run(Terminal.ofProcess(), args));
    }
  }
}
