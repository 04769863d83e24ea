package dev.godwit.sync.differential;

import dev.godwit.cli.sync.SyncCommand;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;

/** {@code godwit sync} within this process: the one place that knows how it is called. */
final class GodwitProgram implements Program {
  @Override
  public String name() {
    return "godwit sync";
  }

  @Override
  public Outcome run(Invocation invocation) throws InterruptedException {
    if (invocation.arguments().stream().anyMatch(argument -> argument.startsWith("--copy-as"))) {
      // It becomes another user for good.
      Outcome outcome = Settings.candidate("godwit-process").run(invocation);
      return new Outcome(
          outcome.exit(), outcome.output(), told(outcome.errors()), outcome.window());
    }
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    AtomicInteger exit = new AtomicInteger(NO_END);
    Posix.setUmask(invocation.umask());
    Instant begin = Instant.now();
    // A thread of its own has this one's view of files, can become another user, and can be left.
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name(Thread.currentThread().getName() + "-godwit")
            .start(
                () -> {
                  try {
                    if (invocation.user() != 0) {
                      Posix.becomeUser(invocation.user());
                    }
                    exit.set(call(invocation, output, errors));
                  } catch (Throwable failure) {
                    failure.printStackTrace(new PrintStream(errors, true, StandardCharsets.UTF_8));
                    exit.set(CRASH);
                  }
                });
    if (!thread.join(Duration.ofSeconds(SeparateProgram.SECONDS_MAX))) {
      StringBuilder stack = new StringBuilder("godwit did not end:");
      for (StackTraceElement element : thread.getStackTrace()) {
        stack.append("\n  ").append(element);
      }
      return new Outcome(NO_END, text(output), stack.toString(), Window.since(begin));
    }
    return new Outcome(exit.get(), text(output), told(text(errors)), Window.since(begin));
  }

  /** With -v godwit says on standard error which options change nothing. */
  private static String told(String errors) {
    return errors.replaceAll("(?m)^godwit: -\\S+ has no effect: .*\n", "");
  }

  private static int call(
      Invocation invocation, ByteArrayOutputStream output, ByteArrayOutputStream errors) {
    return SyncCommand.run(
        invocation.arguments().stream().map(Posix::bytes).toList(),
        name -> {
          String value = invocation.environment().get(name);
          return value == null ? null : Posix.bytes(value);
        },
        output,
        errors);
  }

  private static String text(ByteArrayOutputStream stream) {
    return Posix.text(stream.toByteArray());
  }
}
