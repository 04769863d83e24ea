package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.godwit.linux.Errno;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each system call of a copy fails once, in turn. It ends with an exit value that says so and words
 * that name path and cause; what stands under a name is whole; and the next run brings the rest and
 * leaves nothing over.
 */
@Tag("lab")
@Tag("proof")
@Timeout(value = 1800, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class InjectedErrorsTest {
  /** How often the usual number of places of each call is tried; 1000: all there are. */
  private static final int PLACES = Integer.getInteger("godwit.faults.places", 1);

  private static final long SEED = Long.getLong("godwit.faults.seed", 1);

  /** Calls of the apply path, and what each may answer. */
  private static final Map<String, List<String>> CALLS =
      Map.ofEntries(
          Map.entry("openat", List.of("EACCES", "EIO", "EMFILE", "ENOSPC", "EINTR")),
          Map.entry("openat2", List.of("EACCES", "EIO", "EMFILE", "EINTR", "EAGAIN")),
          Map.entry("statx", List.of("EIO", "EACCES", "EINTR")),
          Map.entry("fstatfs", List.of("EIO", "EINTR")),
          Map.entry("getdents64", List.of("EIO", "EINTR")),
          Map.entry("readlinkat", List.of("EIO", "EACCES", "EINTR")),
          Map.entry("flistxattr", List.of("EIO")),
          Map.entry("listxattr", List.of("EIO")),
          Map.entry("fgetxattr", List.of("EIO")),
          Map.entry("pread64", List.of("EIO", "EINTR")),
          Map.entry("write", List.of("ENOSPC", "EIO", "EINTR", "EDQUOT")),
          Map.entry("pwrite64", List.of("ENOSPC", "EIO", "EINTR")),
          Map.entry("copy_file_range", List.of("ENOSPC", "EIO", "EINTR")),
          Map.entry("ioctl", List.of("ENOSPC", "EIO", "EINTR")),
          Map.entry("lseek", List.of("EIO")),
          Map.entry("ftruncate", List.of("EIO", "EINTR", "ENOSPC")),
          Map.entry("fallocate", List.of("ENOSPC", "EIO", "EINTR")),
          Map.entry("fchmod", List.of("EIO", "EPERM", "EINTR")),
          Map.entry("fchownat", List.of("EIO", "EPERM", "EACCES", "EINTR")),
          Map.entry("fsetxattr", List.of("ENOSPC", "EIO", "EDQUOT")),
          Map.entry("setxattr", List.of("ENOSPC", "EIO")),
          Map.entry("removexattr", List.of("EIO")),
          Map.entry("utimensat", List.of("EIO", "EACCES", "EINTR")),
          Map.entry("fsync", List.of("EIO", "ENOSPC", "EDQUOT", "EINTR")),
          Map.entry("close", List.of("EIO", "ENOSPC", "EINTR")),
          Map.entry("renameat2", List.of("ENOSPC", "EIO", "EACCES", "EINTR")),
          Map.entry("linkat", List.of("EMLINK", "EIO", "ENOSPC", "EACCES", "EINTR")),
          Map.entry("symlinkat", List.of("ENOSPC", "EIO", "EACCES", "EINTR")),
          Map.entry("mkdirat", List.of("ENOSPC", "EIO", "EACCES", "EINTR")),
          Map.entry("mknodat", List.of("ENOSPC", "EPERM", "EACCES", "EINTR")),
          Map.entry("unlinkat", List.of("EIO", "EACCES", "EINTR")));

  /**
   * What the runtime asks for by itself, and what a copy asks of its own process, of the clock and
   * of a lock.
   */
  private static final Set<String> HARMLESS =
      Set.of(
          ("futex mmap munmap mprotect madvise brk clone3 rseq set_robust_list exit exit_group"
                  + " restart_syscall rt_sigprocmask rt_sigreturn sched_yield sched_getaffinity"
                  + " prctl gettid getegid geteuid getgroups getrandom clock_gettime"
                  + " clock_nanosleep nanosleep read stat newfstatat readlink umask unshare flock"
                  + " fcntl")
              .split(" "));

  /**
   * Calls of the apply path by their numbers, as strace(1) writes those that it has no name for
   * (6.1: fchmodat2, getxattrat, listxattrat) and injects nothing into: {@link
   * #a_call_without_a_name_fails_each_time}.
   */
  private static final Set<String> NAMELESS =
      Set.of("syscall_0x1c4", "syscall_0x1d0", "syscall_0x1d1");

  /** Which error came to pass in which call, over all ways: {@code call:error=NAME}. */
  private static final Set<String> MET = new TreeSet<>();

  private static int waysDone;

  private static final Map<String, String> WORDS =
      Map.of(
          "EACCES", "Permission denied",
          "EIO", "Input/output error",
          "EMFILE", "Too many open files",
          "ENOSPC", "No space left on device",
          "EAGAIN", "Resource temporarily unavailable",
          "EDQUOT", "Disk quota exceeded",
          "EPERM", "Operation not permitted",
          "EMLINK", "Too many links",
          "EINTR", "Interrupted system call");

  private static final Map<String, Integer> ERRORS =
      Map.of("EIO", Errno.EIO, "EPERM", Errno.EPERM, "EACCES", Errno.EACCES);

  /** Errors after which the call is made again, so that nobody notices. */
  private static final List<String> PASSING = List.of("EINTR", "EAGAIN");

  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  static Stream<Arguments> ways() {
    return Stream.of(
        // With --max-delete one thread works, so that a place is the same one in each run.
        ways(TestingCopyProcess.Way.LOCAL, 1, "-aHAX --delete --max-delete=1000 --fsync"),
        ways(TestingCopyProcess.Way.LOCAL, 1, "-aAX --delete --preallocate"),
        ways(TestingCopyProcess.Way.LOCAL, 1, "-aHX --delete-after --delay-updates"),
        ways(
            TestingCopyProcess.Way.LOCAL,
            1,
            "-aHX --delay-updates --delete --temp-dir=../temporary"),
        ways(TestingCopyProcess.Way.LOCAL, 1, "-aX --delete-delay -b --backup-dir=../kept"),
        ways(TestingCopyProcess.Way.LOCAL, 1, "-aH --delete-before --temp-dir=../temporary"),
        ways(TestingCopyProcess.Way.LOCAL, 1, "-a --delete --detect-renames --partial-dir=.part"),
        ways(TestingCopyProcess.Way.LOCAL, 1, "-aX --delete --inplace"),
        ways(TestingCopyProcess.Way.LOCAL, 1, "-aX --delete --copy-dest=../basis"),
        ways(TestingCopyProcess.Way.LOCAL, 1, "-aX --delete --link-dest=../basis"),
        ways(TestingCopyProcess.Way.FAR_TARGET, 1, "-aX --delete --inplace"),
        ways(TestingCopyProcess.Way.FAR_TARGET, 2, "-aHAX --delete --fsync"),
        ways(TestingCopyProcess.Way.FAR_TARGET, 1, "-aH --delete-before --detect-renames"),
        ways(TestingCopyProcess.Way.FAR_SOURCE, 1, "-aX --delete -z --sparse"),
        ways(TestingCopyProcess.Way.BOTH_FAR, 1, "-aHX --delete-after --checksum"));
  }

  private static Arguments ways(TestingCopyProcess.Way way, int places, String options) {
    return Arguments.of(way, options.split(" "), PLACES * places);
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("ways")
  void each_call_fails_in_turn(TestingCopyProcess.Way way, String[] options, int placesMax)
      throws Exception {
    List<String> wrong = new ArrayList<>();
    Random random = new Random(SEED);
    for (String beside : List.of("first/temporary", "x/temporary")) {
      Files.createDirectories(folder.resolve(beside));
    }
    TestingFaultTree tree = TestingFaultTree.make(folder.resolve("x"));
    for (String basis : List.of("first/basis", "x/basis")) { // for --copy-dest and its like
      TestingTrees.run(folder, "cp", "-a", "x/source", basis);
    }
    try (TestingCopyProcess process =
        TestingCopyProcess.start(way, folder.resolve("first"), options)) {
      for (String call : CALLS.keySet().stream().sorted().toList()) {
        List<String> errors = Objects.requireNonNull(CALLS.get(call));
        int calls = count(process, tree, call, options);
        if (calls == 0) {
          continue;
        }
        // Each error that was never met yet, at the first place, which each thread comes to.
        List<String> injections = new ArrayList<>();
        for (String error : errors) {
          if (!MET.contains(call + ":error=" + error)) {
            injections.add(call + ":error=" + error + ":when=1");
          }
        }
        int places = Math.min(calls, placesMax);
        for (int i = 0; i < places; i++) {
          int from = 1 + i * calls / places;
          int place = from + random.nextInt(1 + (i + 1) * calls / places - from);
          String error = errors.get((i + random.nextInt(errors.size())) % errors.size());
          injections.add(call + ":error=" + error + ":when=" + place);
        }
        for (String injection : injections) {
          String met = injection.substring(0, injection.lastIndexOf(':'));
          String error = met.substring(met.indexOf('=') + 1);
          try {
            if (inject(way, process, tree, injection, error, options)) {
              MET.add(met);
            } else if (injection.endsWith(":when=1")) {
              wrong.add(injection + ": did not come to pass, of " + calls);
            }
          } catch (AssertionError e) {
            wrong.add(injection + ": " + e.getMessage());
          }
        }
      }
    }
    waysDone++;
    assertThat(String.join("\n----\n", wrong)).as("seed %d", SEED).isEmpty();
  }

  /** An error that no way ever met is one that no test is about. */
  @AfterAll
  static void eachErrorOfEachCallWasMet() {
    if (waysDone == ways().count()) { // not with one of them alone
      Set<String> all = new TreeSet<>();
      CALLS.forEach((call, errors) -> errors.forEach(error -> all.add(call + ":error=" + error)));
      assertThat(MET).containsExactlyInAnyOrderElementsOf(all);
    }
  }

  /** What a copy asks of the kernel is what fails in turn above, or nothing that can go wrong. */
  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "LOCAL, -aHAX --delete --fsync",
    "LOCAL, -aX --delete -b --backup-dir=../kept --temp-dir=../temporary --preallocate",
    "FAR_TARGET, -aHAX --delete -z --detect-renames",
    "BOTH_FAR, -aHX --delete-after --checksum --sparse --partial-dir=.part"
  })
  void no_call_of_a_copy_is_forgotten(TestingCopyProcess.Way way, String line) throws Exception {
    String[] options = line.split(" ");
    for (String beside : List.of("first/temporary", "x/temporary")) {
      Files.createDirectories(folder.resolve(beside));
    }
    try (TestingCopyProcess process =
        TestingCopyProcess.start(way, folder.resolve("first"), options)) {
      TestingFaultTree tree = TestingFaultTree.make(folder.resolve("x"));
      tree.reset();
      Set<String> calls;
      try (TestingTracer tracer = new TestingTracer(process.pid(), folder, "all:delay_enter=0")) {
        assertThat(process.copy(tree.arguments(options)).exit()).isZero();
        calls = tracer.names();
      }
      assertThat(calls).contains("openat2", "statx", "renameat2");
      calls.removeAll(CALLS.keySet());
      calls.removeAll(HARMLESS);
      calls.removeAll(NAMELESS);
      assertThat(calls).isEmpty();
    }
  }

  /** The kernel itself refuses these, from one moment on and each time. */
  @ParameterizedTest(name = "{0}, call {1}: {2}")
  @CsvSource({
    "LOCAL, 452, EIO",
    "LOCAL, 452, EPERM",
    "FAR_TARGET, 452, EIO",
    "LOCAL, 464, EIO",
    "LOCAL, 464, EACCES",
    "FAR_SOURCE, 464, EIO",
    "LOCAL, 465, EIO",
    "FAR_TARGET, 465, EIO"
  })
  void a_call_without_a_name_fails_each_time(TestingCopyProcess.Way way, int call, String error)
      throws Exception {
    assertThat(NAMELESS).contains("syscall_0x" + Integer.toHexString(call));
    String[] options = {"-aHAX", "--delete"};
    TestingFaultTree tree = TestingFaultTree.make(folder.resolve("x"));
    tree.reset();
    try (TestingCopyProcess process =
        TestingCopyProcess.start(way, folder.resolve("first"), options)) {
      process.refuse(call, Objects.requireNonNull(ERRORS.get(error)));
      TestingCopyProcess.Ending ending = process.copy(tree.arguments(options));
      tree.assertNothingIsHalf("" + ending, options);
      assertThat(ending.exit()).as("" + ending).isEqualTo(23);
      assertThat(ending.told()).contains(WORDS.get(error));
      assertThat(tree.isNamedIn(ending.told())).as("" + ending).isTrue();
      assertThat(tree.differences(options)).isNotEmpty();
    }
    try (TestingCopyProcess next = TestingCopyProcess.start(way, folder.resolve("next"), options)) {
      assertThat(next.copy(tree.arguments(options)))
          .isEqualTo(new TestingCopyProcess.Ending(0, ""));
      assertThat(tree.differences(options)).isEmpty();
    }
  }

  /** Before Linux 6.6 there is no fchmodat2. */
  @Test
  void a_call_that_the_kernel_does_not_have_is_done_in_another_way() throws Exception {
    String[] options = {"-aHAX", "--delete"};
    TestingFaultTree tree = TestingFaultTree.make(folder.resolve("x"));
    tree.reset();
    try (TestingCopyProcess process =
        TestingCopyProcess.start(TestingCopyProcess.Way.LOCAL, folder.resolve("first"), options)) {
      process.refuse(452, Errno.ENOSYS);
      assertThat(process.copy(tree.arguments(options)))
          .isEqualTo(new TestingCopyProcess.Ending(0, ""));
      assertThat(tree.differences(options)).isEmpty();
    }
  }

  /** Each place, because a name that is not counted down when it fails would hold up the copy. */
  @ParameterizedTest
  @EnumSource(
      value = TestingCopyProcess.Way.class,
      names = {"LOCAL", "FAR_TARGET"})
  void h29_no_directory_that_cannot_be_opened_holds_up_a_copy(TestingCopyProcess.Way way)
      throws Exception {
    // With items, because the names of a link are looked for.
    assertThat(wrongAtEachPlace(way, "openat2", "EIO", "-aHi", "--delete")).isEmpty();
  }

  /** Each place, because only one of them makes the file that takes the place of a link. */
  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "LOCAL, -aX --delete --inplace",
    "LOCAL, -a --delete --inplace -b --backup-dir=../kept",
    "FAR_TARGET, -aX --delete --inplace"
  })
  void what_stands_stays_while_no_file_can_be_made_in_its_place(
      TestingCopyProcess.Way way, String options) throws Exception {
    assertThat(wrongAtEachPlace(way, "openat", "EMFILE", options.split(" "))).isEmpty();
  }

  /** What went wrong where one call of a copy failed after the other; empty when nothing did. */
  private String wrongAtEachPlace(
      TestingCopyProcess.Way way, String call, String error, String... options) throws Exception {
    List<String> wrong = new ArrayList<>();
    try (TestingCopyProcess process =
        TestingCopyProcess.start(way, folder.resolve("first"), options)) {
      TestingFaultTree tree = TestingFaultTree.make(folder.resolve("x"));
      int calls = count(process, tree, call, options);
      assertThat(calls).isPositive();
      for (int place = 1; place <= calls; place++) {
        String injection = call + ":error=" + error + ":when=" + place;
        try {
          boolean unused = inject(way, process, tree, injection, error, options);
        } catch (AssertionError e) {
          wrong.add(injection + ": " + e.getMessage());
        }
      }
    }
    return String.join("\n----\n", wrong);
  }

  /** How often one thread makes a call in an undisturbed copy: beyond that nothing is injected. */
  private int count(
      TestingCopyProcess process, TestingFaultTree tree, String call, String[] options)
      throws Exception {
    tree.reset();
    try (TestingTracer tracer = new TestingTracer(process.pid(), folder, call + ":delay_enter=0")) {
      assertThat(process.copy(tree.arguments(options)).exit()).isZero();
      return tracer.calls();
    }
  }

  /** Returns whether an error was injected at all. */
  private boolean inject(
      TestingCopyProcess.Way way,
      TestingCopyProcess process,
      TestingFaultTree tree,
      String injection,
      String error,
      String[] options)
      throws Exception {
    tree.reset();
    TestingCopyProcess.Ending ending;
    List<String> injected;
    try (TestingTracer tracer = new TestingTracer(process.pid(), folder, injection)) {
      ending = process.copy(tree.arguments(options));
      injected = tracer.end();
    }
    String what = injected + " " + ending;
    tree.assertNothingIsHalf(what, options);
    if (ending.exit() == 0) {
      assertThat(tree.differences(options)).as(what).isEmpty();
    } else {
      switch (ending.exit()) {
        case 11, 23 -> {}
        // Before anything was done, and as with rsync: there is no way into a directory that the
        // user named, the target itself or that of --temp-dir.
        case 3 -> {
          assertThat(ending.told()).as(what).contains(tree.target + " cannot be opened");
          assertThat(tree.isUntouched()).as(what).isTrue();
        }
        case 1 -> {
          assertThat(options).as(what).contains("--temp-dir=../temporary");
          assertThat(ending.told()).as(what).contains("(--temp-dir) ../temporary cannot");
          assertThat(tree.isUntouched()).as(what).isTrue();
        }
        default -> fail(what);
      }
      boolean readsHere = String.join(" ", options).contains("--copy-dest");
      if (injection.startsWith("pread64") && way == TestingCopyProcess.Way.LOCAL && !readsHere) {
        assertThat(ending.told()).as(what).contains("cannot be read at the source: ");
      }
      assertThat(ending.told()).as(what).contains(WORDS.getOrDefault(error, error));
      assertThat(tree.isNamedIn(ending.told())).as(what).isTrue();
    }
    // What was written may not have arrived when the call that tells so was interrupted.
    boolean tellsOfData = injection.startsWith("fsync") || injection.startsWith("close");
    if (PASSING.contains(error) && !tellsOfData) {
      assertThat(ending.exit()).as(what).isZero();
    }
    TestingCopyProcess.Ending later = process.copy(tree.arguments(options));
    assertThat(later).as(what + ", later").isEqualTo(new TestingCopyProcess.Ending(0, ""));
    assertThat(tree.differences(options)).as(what + ", later").isEmpty();
    return !injected.isEmpty();
  }
}
