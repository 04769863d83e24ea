package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is started again, and what is not. */
@Timeout(TestingPatience.TEST_SECONDS)
final class SupervisorTest {
  private static final int FAULT = 70;

  @TempDir private Path directory;
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final Supervisor supervisor = new Supervisor(status -> status == FAULT, log::add);

  /** A program that writes its name into a file before it does what it is told. */
  private List<String> program(String name, String script) {
    return List.of("sh", "-c", "echo " + name + " >>" + directory.resolve("ran") + "; " + script);
  }

  private List<String> ran() throws Exception {
    return Files.readAllLines(directory.resolve("ran"));
  }

  private static void pause() {
    LockSupport.parkNanos(10_000_000);
  }

  @Test
  void what_ends_in_order_is_not_started_again() throws Exception {
    assertThat(supervisor.run(program("first", "exit 0"), program("again", "exit 0"))).isZero();
    assertThat(ran()).containsExactly("first");
  }

  @Test
  void what_cannot_begin_is_not_started_again_however_long_it_took() throws Exception {
    List<String> slow = program("first", "sleep 4; exit 1");
    assertThat(supervisor.run(slow, program("again", "exit 0"))).isEqualTo(1);
    assertThat(ran()).containsExactly("first");
  }

  @Test
  void what_dies_of_a_signal_or_a_fault_is_started_again_until_it_ends_in_order() throws Exception {
    Path dies = directory.resolve("dies");
    Files.createFile(dies);
    List<String> again =
        program("again", "if [ -e " + dies + " ]; then rm " + dies + "; exit 70; fi; exit 0");
    assertThat(supervisor.run(program("first", "kill -KILL $$"), again)).isZero();
    assertThat(ran()).containsExactly("first", "again", "again");
    assertThat(log).hasSize(2);
    assertThat(log.get(0)).contains("has ended with status 137");
    assertThat(log.get(1)).contains("has ended with status 70");
  }

  /** Whoever was at work once is tried again, as long as it takes. */
  @Test
  void what_cannot_begin_again_is_tried_until_somebody_ends_it() throws Exception {
    Thread ending =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (log.size() < 3) {
                    pause();
                  }
                  supervisor.signal(15, true);
                });
    assertThat(supervisor.run(program("first", "exit 70"), program("again", "exit 1"))).isNotZero();
    ending.join();
    assertThat(ran()).startsWith("first", "again", "again");
  }

  @Test
  void what_runs_already_is_started_again_when_it_dies_and_not_when_it_ends_in_order()
      throws Exception {
    for (boolean inOrder : new boolean[] {true, false}) {
      Process running = new ProcessBuilder("sh", "-c", "read word").start();
      Thread ending =
          Thread.ofPlatform()
              .start(
                  () -> {
                    pause();
                    running.destroyForcibly();
                  });
      assertThat(supervisor.adopt(running.pid(), () -> inOrder, program("again", "exit 0")))
          .isZero();
      ending.join();
      assertThat(running.waitFor(TestingPatience.LIMIT)).isTrue();
      assertThat(directory.resolve("ran").toFile().exists()).isEqualTo(!inOrder);
    }
    assertThat(ran()).containsExactly("again");
    assertThat(supervisor.adopt(gone(), () -> true, List.of("false"))).as("long gone").isZero();
  }

  /** The number of a process that there is no more. */
  private static long gone() throws Exception {
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    return gone.pid();
  }

  @Test
  void h50_what_is_stopped_for_long_is_ended_and_started_again() throws Exception {
    List<Boolean> wasThere = new ArrayList<>();
    Supervisor looks =
        new Supervisor(
            status -> false,
            () -> {},
            pid -> wasThere.add(ProcessHandle.of(pid).isPresent()),
            log::add,
            Duration.ofMillis(20));
    assertThat(looks.run(program("first", "kill -STOP $$"), program("again", "exit 0"))).isZero();
    assertThat(ran()).containsExactly("first", "again");
    assertThat(wasThere).as("told while it can be looked at").containsExactly(true);
    assertThat(log.getFirst()).contains("was stopped by somebody");
    Process running = new ProcessBuilder("sh", "-c", "kill -STOP $$").start();
    assertThat(looks.adopt(running.pid(), () -> false, program("adopted", "exit 0"))).isZero();
    assertThat(ran()).containsExactly("first", "again", "adopted");
  }

  /** Looks that are far apart: how long the machine takes for half a second does not matter. */
  @Test
  void what_is_stopped_for_a_moment_goes_on() throws Exception {
    Supervisor looks =
        new Supervisor(status -> false, () -> {}, pid -> {}, log::add, Duration.ofSeconds(5));
    String stopped = "(sleep 0.5; kill -CONT $$) & kill -STOP $$; exit 0";
    assertThat(looks.run(program("first", stopped), program("again", "exit 0"))).isZero();
    assertThat(ran()).containsExactly("first");
  }

  /** Slow is not stopped: so many looks would end one that is. */
  @Test
  void h50_what_does_nothing_for_long_is_not_ended() throws Exception {
    Supervisor looks =
        new Supervisor(status -> false, () -> {}, pid -> {}, log::add, Duration.ofMillis(20));
    assertThat(looks.run(program("first", "sleep 3; exit 0"), program("again", "exit 0"))).isZero();
    assertThat(ran()).containsExactly("first");
  }

  /** Whoever takes a picture of a program's memory lets it go on; that takes longer than a look. */
  @Test
  void what_a_debugger_has_stopped_goes_on() throws Exception {
    Supervisor looks =
        new Supervisor(status -> false, () -> {}, pid -> {}, log::add, Duration.ofMillis(200));
    Path attached = directory.resolve("attached");
    String debugger =
        """
        import ctypes, os, sys, time
        libc = ctypes.CDLL(None, use_errno=True)
        pid = int(sys.argv[1])
        assert libc.ptrace(16, pid, None, None) == 0, os.strerror(ctypes.get_errno())  # ATTACH
        os.waitpid(pid, 0)
        time.sleep(2)
        libc.ptrace(17, pid, None, None)  # DETACH
        open(sys.argv[2], "w").close()
        """;
    Path script = Files.writeString(directory.resolve("debugger.py"), debugger);
    List<String> waits =
        program(
            "first",
            "python3 %s $$ %s & while ! [ -e %s ]; do sleep 0.05; done; exit 0"
                .formatted(script, attached, attached));
    assertThat(looks.run(waits, program("again", "exit 0"))).isZero();
    assertThat(ran()).containsExactly("first");
  }

  @Test
  void a_signal_reaches_the_program() throws Exception {
    Path ready = directory.resolve("ready");
    List<String> waits =
        program("first", "trap 'exit 0' TERM; touch " + ready + "; while :; do sleep 0.05; done");
    Thread ending =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!Files.exists(ready)) {
                    pause();
                  }
                  supervisor.signal(15, true);
                });
    assertThat(supervisor.run(waits, program("again", "exit 0"))).isZero();
    ending.join();
    assertThat(ran()).containsExactly("first");
  }
}
