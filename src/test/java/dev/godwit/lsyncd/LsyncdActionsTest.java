package dev.godwit.lsyncd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.godwit.daemon.RulesException;
import dev.godwit.linux.Names;
import dev.godwit.mirror.actions.Action;
import dev.godwit.mirror.actions.ActionCommand;
import dev.godwit.mirror.actions.ActionException;
import dev.godwit.mirror.actions.Actions;
import dev.godwit.mirror.actions.FileEvent;
import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.sync.rules.Surroundings;
import dev.godwit.sync.rules.TestingSurroundings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is made of the commands and functions of lsyncd's layers 2 and 3. */
final class LsyncdActionsTest {
  private static final Surroundings SURROUNDINGS = new TestingSurroundings();

  private final List<String> log = new ArrayList<>();

  private static MirrorRule rule(String keys) throws RulesException {
    String text = "sync { source = '/s', target = '/t', " + keys + " }";
    return LsyncdFile.read(
            text.getBytes(StandardCharsets.ISO_8859_1),
            Path.of("c.lua"),
            LsyncdLine.NONE,
            SURROUNDINGS)
        .rules()
        .rules()
        .getFirst();
  }

  private static Actions actions(String keys) throws RulesException {
    return Objects.requireNonNull(rule(keys).actions());
  }

  private static List<String> problems(String keys) {
    RulesException refused = catchThrowableOfType(RulesException.class, () -> rule(keys));
    assertThat(refused).as("refused: %s", keys).isNotNull();
    return refused.problems();
  }

  /** The arguments for an event, one char a byte; null when nothing is run. */
  private @Nullable List<String> run(String keys, FileEvent event) throws Exception {
    ActionCommand command = actions(keys).commands().get(event.action());
    List<byte[]> arguments = Objects.requireNonNull(command).arguments(event, log::add);
    return arguments == null
        ? null
        : arguments.stream().map(word -> new String(word, StandardCharsets.ISO_8859_1)).toList();
  }

  private static FileEvent created(String path) {
    return new FileEvent(Action.CREATE, path, "", false);
  }

  private static FileEvent moved(String from, String to) {
    return new FileEvent(Action.MOVE, from, to, true);
  }

  @Test
  void commands_become_argument_lists() throws Exception {
    String keys =
        """
        delay = 5, maxProcesses = 3,
        onCreate = "cp -a ^sourcePathname ^targetPathname",
        onDelete = "rm -rf ^targetPathname",
        onMove = "mv -T ^o.targetPathname ^d.targetPathname",
        exitcodes = { [0] = "ok", [1] = "again", [2] = "die" }
        """;
    assertThat(run(keys, created("a b/c"))).containsExactly("cp", "-a", "/s/a b/c", "/t/a b/c");
    assertThat(run(keys, moved("x", "y"))).containsExactly("mv", "-T", "/t/x", "/t/y");
    MirrorRule rule = rule(keys);
    assertThat(rule.delay()).isEqualTo(Duration.ofSeconds(5));
    assertThat(rule.from()).isEqualTo("/s");
    assertThat(rule.to()).isEqualTo("commands");
    Actions actions = actions(keys);
    assertThat(actions.processesMax()).isEqualTo(3);
    assertThat(actions.verdicts())
        .isEqualTo(Map.of(0, Actions.Verdict.OK, 1, Actions.Verdict.AGAIN, 2, Actions.Verdict.DIE));
    assertThat(actions.commands()).doesNotContainKeys(Action.ATTRIB, Action.STARTUP);
  }

  @Test
  void every_variable() throws Exception {
    String keys =
        "onMove = '/bin/x ^source ^target ^path ^pathname ^pathdir ^name ^basename ^sourcePath"
            + " ^sourcePathname ^sourcePathdir ^targetPath ^targetPathname ^targetPathdir ^o.path"
            + " ^d.path ^d.sourcePathname pre^pathname.bak ^source^d.pathname'";
    assertThat(run(keys, moved("d/e", "f")))
        .containsExactly(
            "/bin/x",
            "/s/",
            "/t",
            "d/e/",
            "d/e",
            "d/",
            "e/",
            "e",
            "/s/d/e/",
            "/s/d/e",
            "/s/d/",
            "/t/d/e/",
            "/t/d/e",
            "/t/d/",
            "d/e/",
            "f/",
            "/s/f",
            "pred/e.bak",
            "/s/f");
    assertThat(run("onStartup = '/x ^source ^target ^targetPath'", startup()))
        .containsExactly("/x", "/s/", "/t", "/t");
  }

  private static FileEvent startup() {
    return new FileEvent(Action.STARTUP, "", "", true);
  }

  @Test
  void words_are_those_of_a_shell_that_expands_nothing() throws Exception {
    assertThat(
            run(
                "onCreate = [[printf '%s\\n' \"a \\\" b\" c\\ d '' \"^pathname x\" pre'^path']]",
                created("n 1")))
        .containsExactly("printf", "%s\\n", "a \" b", "c d", "", "n 1 x", "pren 1");
    assertThat(run("onCreate = [[\n  cp \\\n \"a\\\nb\" ^path\n]]", created("n")))
        .containsExactly("cp", "ab", "n");
    // A command with a slash is not read by a shell in lsyncd either.
    assertThat(run("onCreate = '/x --exclude=*.tmp > $HOME ^path'", created("n")))
        .containsExactly("/x", "--exclude=*.tmp", ">", "$HOME", "n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " ",
        "-rf",
        "$(x)",
        "; reboot",
        "`x`",
        "--delete",
        "*",
        "'",
        "\"",
        "\\",
        "a\nb",
        "~",
        "^path",
        "\u00ff\u00fe",
        "-"
      })
  void h76_a_name_is_a_name(String name) throws Exception {
    assertThat(run("onCreate = 'rm -r ^pathname'", created(name)))
        .containsExactly("rm", "-r", name.startsWith("-") ? "./" + name : name);
    assertThat(run("onCreate = 'rm -r --x=^pathname ^targetPathname'", created(name)))
        .containsExactly("rm", "-r", "--x=" + name, "/t/" + name);
    assertThat(
            run(
                "onCreate = function(e) spawn(e, '/bin/rm', '-r', e.basename, e.targetPathname)"
                    + " end",
                created(name)))
        .containsExactly("/bin/rm", "-r", name.startsWith("-") ? "./" + name : name, "/t/" + name);
    assertThat(run("onMove = 'mv ^o.path ^d.path'", moved("x", name)))
        .containsExactly("mv", "x/", (name.startsWith("-") ? "./" + name : name) + "/");
  }

  @Test
  void functions_of_layer_2() throws Exception {
    String keys =
        """
        checkgauge = { suffix = true }, suffix = ".in",
        onCreate = function(event)
          log("Normal", "got ", event.etype, " ", event.pathname)
          if string.ends(event.pathname, event.config.suffix) and not event.isdir then
            spawn(event, "/usr/bin/convert", event.sourcePath, 7)
          end
        end,
        onMove = function(o, d) spawn(o, "/bin/mv", o.targetPathname, d.targetPathname) end
        """;
    assertThat(run(keys, created("a/b.in"))).containsExactly("/usr/bin/convert", "/s/a/b.in", "7");
    assertThat(run(keys, created("a/b.txt"))).isNull();
    assertThat(log).contains("Normal\tgot \tCreate\t \ta/b.in");
    assertThat(run(keys, moved("x", "y"))).containsExactly("/bin/mv", "/t/x", "/t/y");
  }

  /** No name makes a line of the log of its own, nor one that cannot be read back. */
  @Test
  void h46_what_functions_log_is_shown_as_names_are() throws Exception {
    String keys = "onCreate = function(event) log('Normal', event.pathname, 7, nil, {} ~= nil) end";
    assertThat(run(keys, created("a\nDec 24 root: all is well"))).isNull();
    assertThat(log).contains("Normal\ta\\x0aDec 24 root: all is well\t7\tnil\ttrue");
    byte[] name = {'b', (byte) 0xff, (byte) 0xfe};
    assertThat(run(keys, created(new String(name, StandardCharsets.ISO_8859_1)))).isNull();
    assertThat(log.getLast()).startsWith("Normal\tb\\xff\\xfe\t7");
  }

  /** Each is refused with the line, the reason and what to do. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '%',
      value = {
        "onCreate = 'cp ^path x && true' | `&` is for a shell",
        "onCreate = 'cp ^path x > y' | `>` is for a shell",
        "onCreate = 'cp ^path $HOME' | `$` is for a shell",
        "onCreate = 'cp ^path \"$HOME\"' | `$` is for a shell",
        "onCreate = 'cp `x` y' | ``` is for a shell",
        "onCreate = 'cp ^source* ^target' | `*` is a pattern",
        "onCreate = 'cp ~/x ^target' | `~` at the beginning",
        "onCreate = 'cd ^source' | `cd` is for a shell",
        "onCreate = 'if true' | `if` is for a shell",
        "onCreate = 'A=1 cp ^path' | is for a shell",
        "onCreate = '' | it is empty",
        "onCreate = 'cp \"x' | a \" is missing",
        "onCreate = 'cp ^sourceName x' | there is no variable ^sourceName",
        "onCreate = 'cp ^o.path x' | ^o.path is for onMove",
        "onCreate = '^path x' | the program is not a fixed one",
        "onCreate = '/bin/x \"a b\"' | is no quote in a command that begins with a slash",
        "onCreate = '/bin/sh -c x ^path' | sh would read names as commands",
        "onCreate = 'sudo -u x bash -c ^path' | bash would read names as commands",
        "onCreate = 'ssh host rm ^path' | ssh would read names as commands",
        "onStartup = '[[ if [ \"$(ls -A ^source)\" ]; then cp -r ^source* ^target; fi]]' | for a shell",
        "onCreate = {} | onCreate is a command or a function",
        "onCreate = 5 | onCreate is a command or a function, not 5",
        "onCreate = function(e) spawnShell(e, 'cp $1 x', e.path) end | spawnShell is not possible",
        "onCreate = function(e) if e.path == 'x' then spawnShell(e, 'y') end end | spawnShell is not",
        "onCreate = function(e) terminate(1) end | terminate is not possible",
        "onCreate = function(e) local x = e.inlet.getEvent() end | inlet is not possible",
        "onCreate = function(e) spawn(e, '/bin/sh', '-c', 'rm ' .. e.path) end | sh would read",
        "onCreate = function(e) spawn(e, '/bin/a') spawn(e, '/bin/b') end | more than once",
        "onCreate = function(e) spawn(e, '/bin/a', '<', e.path) end | has nothing to read",
        "onCreate = function(e) spawn(e, e.sourcePath) end | the program would be what a name says",
        "onCreate = 'true', exitcodes = 7 | exitcodes is a table",
        "onCreate = function(e) os.execute('true') end | os.execute is not possible",
        "onCreate = function(e) io.open('/x') end | io.open is not possible",
        "onCreate = 'true', maxProcesses = 0 | maxProcesses is a number from 1 on",
        "onCreate = 'true', delay = 'x' | delay is a number of seconds",
        "onCreate = 'true', bogus = 1 | there is no parameter bogus",
        "onCreate = 'true', filter = ':- .rules' | filter files",
      })
  void what_cannot_be_an_argument_list_is_refused(String keys, String problem) {
    assertThat(problems(keys)).anyMatch(p -> p.startsWith("c.lua:1: ") && p.contains(problem));
  }

  @Test
  void what_a_function_calls_is_looked_at_too() {
    assertThat(
            catchThrowableOfType(
                    RulesException.class,
                    () ->
                        LsyncdFile.read(
                            """
                            local function inner(e) spawnShell(e, 'x') end
                            function outer(e) inner(e) end
                            sync { source = '/s',
                              onCreate = function(e) if e.path == 'never' then outer(e) end end }
                            """
                                .getBytes(StandardCharsets.UTF_8),
                            Path.of("c.lua"),
                            LsyncdLine.NONE,
                            SURROUNDINGS))
                .problems())
        .anyMatch(p -> p.startsWith("c.lua:4: onCreate: spawnShell is not possible"));
  }

  @Test
  void a_function_that_goes_wrong_runs_nothing_and_the_next_one_runs() throws Exception {
    String keys =
        "onCreate = function(e) if e.path == 'loop' then while true do end end"
            + " if e.path == 'nil' then local x = e.nothing.x end"
            + " if e.path == 'two' then spawn(e, '/a') spawn(e, '/b') end"
            + " spawn(e, '/bin/x', e.path) end";
    Actions actions = actions(keys);
    ActionCommand command = Objects.requireNonNull(actions.commands().get(Action.CREATE));
    for (String path : List.of("loop", "nil", "two")) {
      ActionException failed =
          catchThrowableOfType(
              ActionException.class, () -> command.arguments(created(path), log::add));
      assertThat(failed).as(path).isNotNull();
      assertThat(Objects.requireNonNull(command.arguments(created("n"), log::add)).getLast())
          .isEqualTo(Names.of("n"));
    }
  }

  @Test
  void a_rule_is_another_one_when_its_commands_are() throws Exception {
    assertThat(rule("onCreate = 'cp ^path'").words())
        .isEqualTo(rule("onCreate = 'cp ^path'").words())
        .isNotEqualTo(rule("onCreate = 'cp ^pathname'").words())
        .isNotEqualTo(rule("onModify = 'cp ^path'").words());
    assertThat(rule("onCreate = function(e) spawn(e, '/a') end").words())
        .isNotEqualTo(rule("onCreate = function(e) spawn(e, '/b') end").words());
  }
}
