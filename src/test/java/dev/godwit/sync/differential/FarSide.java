package dev.godwit.sync.differential;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Which side of a case is on another host: this one, by a script in the place of ssh. */
enum FarSide {
  NONE,
  /** The target. */
  PUSH,
  /** The sources. */
  PULL;

  static final FarSide GIVEN =
      valueOf(System.getProperty("godwit.differential.far", "none").toUpperCase(Locale.ROOT));

  private static final String SHELL =
      """
      #!/bin/sh
      while [ "$1" != far ]; do shift; done
      shift
      export HOME=/root
      exec sh -c "$*"
      """;

  /** Whether a case can be run so: another user has no place for an agent. */
  boolean takes(Case what) {
    return this == NONE
        || what.user() == 0
            && !what.target().isEmpty()
            && !what.hasOption("--copy-as")
            && !what.hasOption("--list-only");
  }

  /**
   * What is typed.
   *
   * @param root absolute; for a shell it stays as it is
   */
  List<String> arguments(Case what, String root) {
    List<String> arguments = new ArrayList<>();
    if (this != NONE) {
      arguments.addAll(List.of("-e", Script.PATH, "-s"));
    }
    what.options().forEach(arguments::addAll);
    for (String source : what.sources()) {
      arguments.add(this == PULL ? far(source, root) : source);
    }
    if (!what.target().isEmpty()) {
      arguments.add(this == PUSH ? far(what.target(), root) : what.target());
    }
    arguments.replaceAll(text -> text.replace(Case.ROOT, what.relative() ? "" : root + "/"));
    return arguments;
  }

  private static String far(String path, String root) {
    return "far:" + path.replace(Case.ROOT, root + "/");
  }

  private static final class Script {
    static final String PATH = make();

    private static String make() {
      try {
        Path script = Path.of("target/far-shell").toAbsolutePath();
        Files.writeString(script, SHELL);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script.toString();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
