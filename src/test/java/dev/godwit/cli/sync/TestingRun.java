package dev.godwit.cli.sync;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.linux.Names;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One run of godwit sync in this process, or of rsync. Texts are bytes, one in each character. */
record TestingRun(int exit, String out, String err) {
  private static final Map<String, String> ENVIRONMENT =
      Map.of("LC_ALL", "C.UTF-8", "TZ", "UTC", "PATH", "/usr/bin:/bin");

  static TestingRun godwit(List<String> arguments) {
    return godwit("C.UTF-8", arguments);
  }

  static TestingRun godwit(String locale, List<String> arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exit =
        SyncCommand.run(
            arguments.stream().map(argument -> argument.getBytes(ISO_8859_1)).toList(),
            name -> name.equals("LC_ALL") ? Names.of(locale) : null,
            out,
            err);
    return new TestingRun(exit, out.toString(ISO_8859_1), err.toString(ISO_8859_1));
  }

  static TestingRun rsync(List<String> arguments) throws Exception {
    return rsync("C.UTF-8", arguments);
  }

  static TestingRun rsync(String locale, List<String> arguments) throws Exception {
    List<String> argv = new ArrayList<>(List.of("/usr/bin/rsync"));
    argv.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(argv);
    builder.environment().clear();
    builder.environment().putAll(ENVIRONMENT);
    builder.environment().put("LC_ALL", locale);
    Process process = builder.start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    String err = new String(process.getErrorStream().readAllBytes(), ISO_8859_1);
    return new TestingRun(process.waitFor(), out, err);
  }
}
