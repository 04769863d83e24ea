package dev.godwit.mirror.actions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.mirror.actions.ActionState.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How commands are run for what happens in a directory. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
final class ActionRunTest {
  private static final Duration LIMIT = TestingPatience.LIMIT;

  @TempDir private Path folder;
  private Path source;
  private Path out;
  private final List<String> log = Collections.synchronizedList(new ArrayList<>());
  private @Nullable ActionRun run;

  @BeforeEach
  void make() throws IOException {
    source = Files.createDirectory(folder.resolve("source"));
    out = Files.createFile(folder.resolve("out"));
  }

  @AfterEach
  void close() {
    if (run != null) {
      run.close();
    }
  }

  /** Appends the event to a file, then does what a script says. */
  private ActionCommand noting(String script) {
    String noted = "printf '%s\\n' \"$1\" >>'" + out + "'; " + script;
    return (event, told) ->
        List.of(Names.of("sh"), Names.of("-c"), Names.of(noted), Names.of("sh"), name(event));
  }

  private static byte[] name(FileEvent event) {
    return Names.of(event.toString());
  }

  private ActionRun start(
      Map<Action, ActionCommand> commands, Map<Integer, Actions.Verdict> exits) {
    return start(commands, exits, 1);
  }

  private ActionRun start(
      Map<Action, ActionCommand> commands, Map<Integer, Actions.Verdict> exits, int processes) {
    Actions actions = new Actions(commands, exits, processes);
    ActionRun started =
        new ActionRun(
            new ActionRun.Job(Names.of(source.toString()), List.of(), Duration.ZERO, actions),
            log::add);
    run = started;
    started.start();
    return started;
  }

  /** One command for all that can happen. */
  private Map<Action, ActionCommand> all(String script) {
    Map<Action, ActionCommand> commands = new EnumMap<>(Action.class);
    for (Action action : Action.values()) {
      commands.put(action, noting(script));
    }
    return commands;
  }

  private void await(Phase phase) throws Exception {
    await(phase.toString(), () -> run != null && run.state().phase() == phase);
  }

  private void await(String what, Callable<Boolean> isSo) throws Exception {
    TestingPatience.await(() -> "%s: %s %s".formatted(what, run, log), isSo);
  }

  private String noted() throws IOException {
    return Files.readString(out);
  }

  @Test
  void the_start_comes_first_and_what_was_there_runs_nothing() throws Exception {
    Files.writeString(source.resolve("there"), "1");
    Path go = folder.resolve("go");
    ActionRun started = start(all("while ! [ -e '" + go + "' ]; do sleep 0.02; done"), Map.of());
    await("begun", () -> noted().startsWith("onStartup"));
    Files.writeString(source.resolve("new"), "1");
    await("seen", () -> started.state().dirty() > 0);
    assertThatThrownBy(() -> started.barrier(Duration.ofMillis(300)))
        .isInstanceOf(TimeoutException.class);
    assertThat(started.state().phase()).isEqualTo(Phase.STARTING);
    assertThat(noted()).isEqualTo("onStartup \n");
    Files.createFile(go);
    started.barrier(LIMIT);
    assertThat(noted().lines().filter(line -> !line.startsWith("onModify")))
        .containsExactly("onStartup ", "onCreate new");
    assertThat(started.state().phase()).isEqualTo(Phase.FOLLOWING);
  }

  @Test
  void a_start_that_fails_ends_it_unless_its_status_is_good() throws Exception {
    ActionRun started = start(all("exit 3"), Map.of());
    await(Phase.DEAD);
    assertThat(started.state().message()).contains("onStartup").contains("ended with 3");
    Files.writeString(source.resolve("new"), "1");
    started.close();
    assertThat(noted()).isEqualTo("onStartup \n");
    start(all("exit 3"), Map.of(3, Actions.Verdict.OK));
    await(Phase.FOLLOWING);
  }

  @Test
  void other_statuses_are_passed_over_and_again_is_run_until_it_is_good() throws Exception {
    Path good = folder.resolve("good");
    Map<Action, ActionCommand> commands = new EnumMap<>(Action.class);
    commands.put(Action.CREATE, noting("exit 7"));
    commands.put(Action.DELETE, noting("sleep 0.3; [ -e '" + good + "' ] || exit 4"));
    Files.writeString(source.resolve("old"), "1");
    ActionRun started = start(commands, Map.of(4, Actions.Verdict.AGAIN));
    await(Phase.FOLLOWING);
    Files.delete(source.resolve("old"));
    await("again", () -> noted().lines().filter(line -> line.equals("onDelete old")).count() >= 2);
    // Also while it runs once more.
    assertThat(started.state().problems()).containsExactly("onDelete old: ended with 4");
    // Others go on meanwhile.
    Files.writeString(source.resolve("new"), "1");
    await("new", () -> noted().contains("onCreate new"));
    Files.createFile(good);
    // One that has looked for it before fails once more.
    await("good", () -> started.state().problems().isEmpty());
    started.barrier(LIMIT);
    assertThat(log).contains("onCreate new: ended with 7");
    assertThat(started.state().failed()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void related_names_go_one_after_the_other_and_others_side_by_side() throws Exception {
    Path go = folder.resolve("go");
    Map<Action, ActionCommand> commands = new EnumMap<>(Action.class);
    commands.put(Action.CREATE, noting("while ! [ -e '" + go + "' ]; do sleep 0.02; done"));
    ActionRun started = start(commands, Map.of(), 3);
    await(Phase.FOLLOWING);
    started.pause();
    Files.createDirectory(source.resolve("d"));
    Files.writeString(source.resolve("d/below"), "1");
    Files.writeString(source.resolve("e"), "1");
    await("seen", () -> started.state().dirty() >= 2);
    started.resume(false, false);
    await("two run", () -> noted().lines().count() == 2 && started.state().running() == 2);
    assertThat(noted().lines()).containsExactlyInAnyOrder("onCreate d", "onCreate e");
    Files.createFile(go);
    started.barrier(LIMIT);
    assertThat(noted().lines().toList()).last().isEqualTo("onCreate d/below");
  }

  @Test
  void what_a_command_says_is_in_the_log_and_one_that_is_not_there_is_told() throws Exception {
    Map<Action, ActionCommand> commands = new EnumMap<>(Action.class);
    commands.put(Action.CREATE, noting("echo out; echo err >&2; cat"));
    commands.put(Action.DELETE, (event, told) -> List.of(Names.of("no-such-program")));
    ActionRun started = start(commands, Map.of());
    await(Phase.FOLLOWING);
    Files.writeString(source.resolve("new\u001b"), "1");
    started.barrier(LIMIT);
    Files.delete(source.resolve("new\u001b"));
    started.barrier(LIMIT);
    assertThat(log)
        .contains("onCreate new\\x1b: out", "onCreate new\\x1b: err")
        .contains("onDelete new\\x1b: the program no-such-program is not installed here");
  }

  @Test
  void commands_inherit_no_descriptor_of_this_process() throws Exception {
    Map<Action, ActionCommand> commands = new EnumMap<>(Action.class);
    commands.put(
        Action.CREATE, (event, told) -> List.of(Names.of("ls"), Names.of("/proc/self/fd")));
    try (var listening = java.nio.channels.ServerSocketChannel.open()) {
      assertThat(listening.isOpen()).isTrue();
      ActionRun started = start(commands, Map.of());
      await(Phase.FOLLOWING);
      Files.writeString(source.resolve("new"), "1");
      started.barrier(LIMIT);
    }
    // The fourth is the one that lists them.
    assertThat(log)
        .containsExactly(
            "onCreate new: 0", "onCreate new: 1", "onCreate new: 2", "onCreate new: 3");
  }

  @Test
  void h27_a_directory_that_is_gone_exchanged_or_suddenly_empty_runs_nothing() throws Exception {
    for (int i = 0; i < 150; i++) {
      Files.writeString(source.resolve("f" + i), "1");
    }
    Map<Action, ActionCommand> commands = new EnumMap<>(Action.class);
    commands.put(Action.DELETE, noting(""));
    ActionRun started = start(commands, Map.of());
    await(Phase.FOLLOWING);
    Path aside = folder.resolve("aside");
    Files.move(source, aside);
    Files.createDirectory(source);
    Files.delete(aside.resolve("f0"));
    await(Phase.HALTED);
    assertThat(started.state().message()).contains("is another directory now");
    Files.delete(source);
    Files.move(aside, source);
    started.resume(false, false);
    started.barrier(LIMIT);
    assertThat(noted()).isEqualTo("onDelete f0\n");
    started.pause();
    for (int i = 1; i < 150; i++) {
      Files.delete(source.resolve("f" + i));
    }
    started.resume(false, false);
    await(Phase.HALTED);
    assertThat(started.state().message()).contains("is empty, and had 149 names");
    assertThat(noted()).isEqualTo("onDelete f0\n");
    started.resume(true, false);
    started.barrier(LIMIT);
    assertThat(noted().lines().count()).isEqualTo(150);
  }

  @Test
  void another_directory_is_begun_anew_when_somebody_says_so() throws Exception {
    Files.writeString(source.resolve("old"), "1");
    ActionRun started = start(all(""), Map.of());
    await(Phase.FOLLOWING);
    Files.move(source, folder.resolve("aside"));
    Files.createDirectory(source);
    Files.writeString(folder.resolve("aside/x"), "1");
    await(Phase.HALTED);
    started.resume(false, true);
    await("begun", () -> noted().equals("onStartup \nonStartup \n"));
    started.barrier(LIMIT);
    Files.writeString(source.resolve("new"), "1");
    started.barrier(LIMIT);
    assertThat(noted()).startsWith("onStartup \nonStartup \nonCreate new\n").doesNotContain("old");
  }

  /** It would look as alive as ever, and run nothing any more. */
  @Test
  void h24_an_error_inside_ends_it() throws Exception {
    Map<Action, ActionCommand> commands = new EnumMap<>(Action.class);
    commands.put(
        Action.CREATE,
        (event, told) -> {
          throw new StackOverflowError("a fault of this test");
        });
    ActionRun started = start(commands, Map.of());
    await(Phase.FOLLOWING);
    Files.writeString(source.resolve("new"), "1");
    await(Phase.DEAD);
    assertThat(started.state().message()).contains("a fault of this test");
  }

  @Test
  void h16_too_many_names_become_a_look_at_everything() {
    DirtyNames names = new DirtyNames(Duration.ZERO);
    for (int i = 0; i <= DirtyNames.NAMES_MAX; i++) {
      names.add("f" + i, false, true, i);
    }
    assertThat(names.first(5)).startsWith("");
    assertThat(names.size()).isEqualTo(2);
    assertThat(names.since(Long.MAX_VALUE)).isZero();
  }
}
