package dev.godwit.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The script alone, in the shells that hosts have, as a user who is not root. A Java that only says
 * how it was called stands for the agent; it says that it is version 200, so that the ones that are
 * installed here are too old.
 */
final class BootstrapTest {
  private static final int NOBODY = 65534;

  @TempDir(factory = TestingPrivateFolder.class)
  Path folder;

  private Path home;
  private Path jdk;
  private AgentFile agent;
  private byte[] jar;
  private @Nullable RuntimeImage runtime;
  private SshOptions options = SshOptions.STANDARD.withJavaMin(200);
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void prepare() throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    home = Files.createDirectory(folder.resolve("a home"));
    Files.setAttribute(home, "unix:uid", NOBODY);
    Files.setAttribute(home, "unix:gid", NOBODY);
    jar = "what would be a jar\n\0\1\2".repeat(5000).getBytes(UTF_8);
    agent = AgentFile.of(Files.write(folder.resolve("the.jar"), jar));
    jdk = jdk("jdk", "200.0.1");
    environment.put("HOME", home.toString());
    environment.put("JAVA_HOME", jdk.toString());
  }

  private Path jdk(String name, String version) throws IOException {
    Path jdk = Files.createDirectories(folder.resolve(name));
    Files.createDirectories(jdk.resolve("bin"));
    Path java = jdk.resolve("bin/java");
    Files.writeString(
        java,
        "#!/bin/sh\n[ \"$1\" = -version ] && echo 'openjdk version \""
            + version
            + "\" 2030-01-01' >&2 && exit 0\n"
            + "for a in \"$@\"; do case $a in -XX:AOTCacheOutput=*) [ -e '"
            + folder
            + "/slow' ] && sleep 3; [ -e '"
            + folder
            + "/trains' ] && printf made > \"${a#*=}\";; esac; done\n"
            + "echo \"called by $LC_ALL: $*\"\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(
        jdk.resolve("release"),
        "IMPLEMENTOR=\"x\"\nJAVA_RUNTIME_VERSION=\"1\"\nJAVA_VERSION=\"" + version + "\"\nX=1\n");
    return jdk;
  }

  private Processes.Outcome run(String shell, byte[] stdin) throws Exception {
    List<String> argv =
        new ArrayList<>(
            List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
    argv.addAll(List.of(shell.split(" ")));
    argv.addAll(List.of("-c", "umask 027;" + Bootstrap.script(agent, runtime, options)));
    return Processes.run(argv, Duration.ofSeconds(20), stdin, environment);
  }

  /** An archive of a Java, for a host that has none. */
  private byte[] offer(Path java, String processor) throws Exception {
    environment.remove("JAVA_HOME");
    environment.put("PATH", "/usr/bin:/bin");
    Path archive = folder.resolve("runtime.tgz");
    Processes.Outcome packed =
        Processes.run(
            List.of("tar", "-czf", archive.toString(), "-C", java.toString(), "."),
            Duration.ofSeconds(20));
    assertThat(packed.isSuccess()).as(packed.err()).isTrue();
    runtime = new RuntimeImage(AgentFile.of(archive), processor);
    return Files.readAllBytes(archive);
  }

  private static String thisProcessor() throws Exception {
    return Processes.run(List.of("uname", "-m"), Duration.ofSeconds(20)).out().strip();
  }

  private byte[] then(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private List<String> own() throws IOException {
    try (var files = Files.list(Objects.requireNonNull(installed().getParent()))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dash", "bash", "bash --posix", "busybox sh", "mksh", "zsh --emulate sh"})
  void takes_a_java_once_where_there_is_none(String shell) throws Exception {
    assumeInstalled(shell);
    byte[] archive = offer(jdk, thisProcessor());
    assertThat(said(shell, then(archive, jar)))
        .containsExactly(
            "godwit-bootstrap 1 needjava",
            "godwit-bootstrap 1 need",
            "godwit-bootstrap 1 have",
            call());
    String brought = "runtime-" + Objects.requireNonNull(runtime).archive().sha256();
    assertThat(own()).contains(brought, brought + ".used").noneMatch(it -> it.startsWith("part-"));
    assertThat(said(shell, new byte[0])).containsExactly("godwit-bootstrap 1 have", call());
  }

  @Test
  void a_java_that_was_cut_on_the_way_is_not_used() throws Exception {
    byte[] archive = offer(jdk, thisProcessor());
    assertThat(said("dash", Arrays.copyOf(archive, archive.length - 1)))
        .containsExactly(
            "godwit-bootstrap 1 needjava",
            "godwit-bootstrap 1 refuse the upload of the Java runtime was cut or damaged");
    assertThat(own()).isEmpty();
  }

  @Test
  void a_java_for_another_processor_is_not_asked_for() throws Exception {
    byte[] archive = offer(jdk, "other");
    assertThat(said("dash", archive))
        .singleElement()
        .asString()
        .startsWith("godwit-bootstrap 1 nojava");
    assertThat(home.resolve(".cache")).doesNotExist();
  }

  /** As on a host whose C library is too old for it. */
  @Test
  void a_java_that_does_not_run_there_is_removed_and_told() throws Exception {
    Path java = jdk.resolve("bin/java");
    Files.writeString(java, "#!/bin/sh\necho 'version GLIBC_2.99 not found' >&2\nexit 1\n");
    List<String> said = said("dash", offer(jdk, thisProcessor()));
    assertThat(said).first().isEqualTo("godwit-bootstrap 1 needjava");
    assertThat(said)
        .last()
        .asString()
        .startsWith("godwit-bootstrap 1 nojava")
        .contains("does not run here: version GLIBC_2.99 not found");
    assertThat(own()).isEmpty();
  }

  @Test
  void one_of_the_host_is_used_before_one_that_is_brought() throws Exception {
    offer(jdk, thisProcessor());
    environment.put("JAVA_HOME", jdk.toString());
    assertThat(said("dash", jar))
        .containsExactly("godwit-bootstrap 1 need", "godwit-bootstrap 1 have", call());
  }

  private List<String> said(String shell, byte[] stdin) throws Exception {
    // Shells print a mask with as many zeros before it as they like.
    String out = run(shell, stdin).out().replaceAll("(-Dgodwit\\.umask=)0*", "$1");
    return out.lines().filter(line -> !line.isEmpty()).toList();
  }

  private Path installed() {
    return home.resolve(".cache/godwit/agent-" + agent.sha256() + ".jar");
  }

  private String call() {
    return "called by C.UTF-8: -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx512m -Xms32m -Xmn24m"
        + " -XX:+ExitOnOutOfMemoryError -XX:SurvivorRatio=1 -XX:TargetSurvivorRatio=90"
        + " -XX:MinHeapFreeRatio=20 -XX:MaxHeapFreeRatio=30 -XX:-ShrinkHeapInSteps -Xlog:disable"
        + " -Djava.lang.invoke.MethodHandle.COMPILE_THRESHOLD=30"
        + " --enable-native-access=ALL-UNNAMED -Dgodwit.umask=27 -Dgodwit.lc_all=C -jar "
        + installed()
        + " agent";
  }

  @ParameterizedTest
  @ValueSource(strings = {"dash", "bash", "bash --posix", "busybox sh", "mksh", "zsh --emulate sh"})
  void takes_the_jar_once_then_starts_it(String shell) throws Exception {
    assumeInstalled(shell);
    assertThat(said(shell, jar))
        .containsExactly("godwit-bootstrap 1 need", "godwit-bootstrap 1 have", call());
    assertThat(installed()).hasBinaryContent(jar);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(installed())))
        .isEqualTo("rw-------");
    assertThat(said(shell, new byte[0])).containsExactly("godwit-bootstrap 1 have", call());

    Files.write(installed(), new byte[3]);
    assertThat(said(shell, jar)).contains("godwit-bootstrap 1 need", call());
    assertThat(installed()).hasBinaryContent(jar);

    Files.delete(installed());
    assertThat(said(shell, Arrays.copyOf(jar, jar.length - 1)))
        .containsExactly(
            "godwit-bootstrap 1 need",
            "godwit-bootstrap 1 refuse the upload of the agent was cut or damaged");
    try (var files = Files.list(installed().getParent())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.startsWith("part-") || name.endsWith(".jar"));
    }
  }

  @Test
  void makes_a_cache_once_for_a_jar_and_a_java_and_starts_from_it() throws Exception {
    Path cache = home.resolve(".cache/godwit/agent-" + agent.sha256() + "-200.0.1.aot");
    Files.createFile(folder.resolve("trains"));
    String withCache = call().replace(" -jar ", " -XX:AOTCache=" + cache + " -jar ");
    assertThat(said("dash", jar)).contains(withCache);
    assertThat(cache).hasContent("made");
    Files.writeString(cache, "kept");
    assertThat(said("dash", new byte[0])).contains(withCache);
    assertThat(cache).hasContent("kept");

    // A Java that makes none is not asked again.
    Files.delete(cache);
    Files.delete(folder.resolve("trains"));
    assertThat(said("dash", new byte[0])).contains(call());
    Files.createFile(folder.resolve("trains"));
    assertThat(said("dash", new byte[0])).contains(call());
  }

  /** Silence is taken for a host that does not answer; a busy one trains for longer than that. */
  @Test
  void says_that_it_is_still_there_while_the_cache_is_made() throws Exception {
    Files.createFile(folder.resolve("trains"));
    Files.createFile(folder.resolve("slow"));
    String out = run("dash", jar).out();
    String meanwhile =
        out.substring(out.indexOf("need\n"), out.indexOf("godwit-bootstrap 1 have")).substring(5);
    assertThat(meanwhile).isBlank().hasSizeGreaterThanOrEqualTo(3);
    assertThat(out).contains("-XX:AOTCache=");
    try (var files = Files.list(installed().getParent())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.startsWith("part-"));
    }
  }

  @Test
  void one_that_is_kept_is_told_for_how_long() throws Exception {
    options = options.withKeep(Duration.ofSeconds(42));
    assertThat(said("dash", jar)).contains(call() + " 42");
    options = options.withKeep(Duration.ZERO);
    assertThat(said("dash", jar)).contains(call());
  }

  @Test
  void what_was_not_used_for_a_month_is_removed() throws Exception {
    assertThat(said("dash", jar)).contains(call());
    Path own = Objects.requireNonNull(installed().getParent());
    for (String name : List.of("agent-1.jar", "agent-1-200.0.1.aot", "agent-1.used")) {
      Files.createFile(own.resolve(name));
    }
    for (String name : List.of("runtime-1", "runtime-2")) {
      Files.setAttribute(Files.createDirectory(own.resolve(name)), "unix:uid", NOBODY);
      Files.createFile(own.resolve(name + ".used"));
    }
    Files.createFile(own.resolve("agent-2.jar"));
    Files.createFile(own.resolve("agent-2.used"));
    FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(32)));
    Files.setLastModifiedTime(own.resolve("agent-1.used"), longAgo);
    Files.setLastModifiedTime(own.resolve("runtime-1.used"), longAgo);
    Files.setLastModifiedTime(own.resolve("agent-2.jar"), longAgo);
    Files.setLastModifiedTime(installed(), longAgo);
    boolean hasMoves = hasMoves(); // of other tests: what was brought stays for them
    assertThat(said("dash", new byte[0])).contains(call());
    boolean isKept = hasMoves || hasMoves();
    try (var files = Files.list(own)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .contains("agent-2.jar", installed().getFileName().toString())
          .contains("runtime-2")
          .noneMatch(name -> name.startsWith("agent-1") || name.startsWith("runtime-1") && !isKept);
    }
  }

  private static boolean hasMoves() throws Exception {
    Path moves = Path.of("/var/lib/godwit/moves");
    if (!Files.isDirectory(moves)) {
      return false;
    }
    try (var all = Files.list(moves)) {
      return all.findAny().isPresent();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"200", "200-ea", "201.0.3", "200.0.1+9-LTS"})
  void new_enough_versions(String version) throws Exception {
    jdk("jdk", version);
    assertThat(said("dash", jar)).contains(call());
    Files.delete(jdk.resolve("release"));
    assertThat(said("dash", jar)).contains(call());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.8.0_392", "199.9", "", "x", "$(id)"})
  void versions_that_are_not_new_enough(String version) throws Exception {
    jdk("jdk", version);
    assertThat(said("dash", jar))
        .singleElement()
        .asString()
        .startsWith("godwit-bootstrap 1 nojava")
        .contains(version + " (" + jdk + ")");
  }

  @Test
  void a_java_below_home_or_on_the_path_is_found() throws Exception {
    environment.remove("JAVA_HOME");
    environment.put("PATH", jdk.resolve("bin") + ":/usr/bin:/bin");
    assertThat(said("dash", jar)).contains(call());
    environment.put("PATH", "/usr/bin:/bin");
    Path below = home.resolve(".sdkman/candidates/java/200-tem");
    Files.createDirectories(below.getParent());
    Files.move(jdk, below);
    assertThat(said("dash", jar)).contains(call());
  }

  @Test
  void h79_a_java_that_others_can_change_is_left_alone() throws Exception {
    Files.setPosixFilePermissions(
        jdk.resolve("bin/java"), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(said("dash", jar)).singleElement().asString().contains("left alone");
    Files.setPosixFilePermissions(
        jdk.resolve("bin/java"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setAttribute(jdk, "unix:uid", 12345);
    assertThat(said("dash", jar))
        .singleElement()
        .asString()
        .contains("left alone, others may write " + jdk);
  }

  @Test
  void h79_a_folder_of_another_user_or_below_one_is_refused() throws Exception {
    assertThat(said("dash", jar)).contains(call());
    Path cache = home.resolve(".cache/godwit");
    Files.setAttribute(cache, "unix:uid", 12345);
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(said("dash", jar))
        .containsExactly(
            "godwit-bootstrap 1 refuse the folder "
                + cache
                + " belongs to user 12345 and not to user 65534");
    Files.setAttribute(cache, "unix:uid", NOBODY);
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxr-x"));
    assertThat(said("dash", jar)).singleElement().asString().contains("can be written by others");
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwx------"));
    Files.setAttribute(cache.getParent(), "unix:uid", 12345);
    Files.setPosixFilePermissions(cache.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(said("dash", jar)).singleElement().asString().contains("above " + cache);
  }

  @Test
  void h79_a_link_in_place_of_the_jar_is_replaced_not_followed() throws Exception {
    assertThat(said("dash", jar)).contains(call());
    Path elsewhere = Files.write(folder.resolve("elsewhere"), new byte[] {1});
    Files.delete(installed());
    Files.createSymbolicLink(installed(), elsewhere);
    assertThat(said("dash", jar)).contains(call());
    assertThat(installed()).isRegularFile().isNotEqualTo(elsewhere);
    assertThat(Files.isSymbolicLink(installed())).isFalse();
    assertThat(elsewhere).hasBinaryContent(new byte[] {1});
  }

  @Test
  void a_folder_that_cannot_be_made_is_told_in_the_systems_words() throws Exception {
    environment.put("XDG_CACHE_HOME", "/proc/nowhere");
    assertThat(said("dash", jar))
        .singleElement()
        .asString()
        .startsWith("godwit-bootstrap 1 refuse mkdir: ");
    environment.put("XDG_CACHE_HOME", "relative");
    assertThat(said("dash", jar)).singleElement().asString().contains("not an absolute path");
  }

  @Test
  void variables_that_change_java_are_not_passed_on() throws Exception {
    Files.writeString(
        jdk.resolve("bin/java"), "#!/bin/sh\necho \"opt=$JAVA_TOOL_OPTIONS cp=$CLASSPATH $PWD\"\n");
    environment.put("JAVA_TOOL_OPTIONS", "-javaagent:/tmp/x.jar");
    environment.put("CLASSPATH", "/tmp");
    assertThat(said("dash", jar)).contains("opt= cp= /");
  }

  @Test
  void h76_the_command_is_one_constant_line_for_any_login_shell() {
    String command = Bootstrap.command(agent, null, SshOptions.STANDARD);
    assertThat(command).startsWith("exec sh -c '").endsWith("'");
    String script = command.substring("exec sh -c '".length(), command.length() - 1);
    assertThat(script).doesNotContain("'", "!", "\\\\", "\n", "@SHA", "@BYT", "@JAVA");
    assertThat(script).matches("[ -~]*");
    String other =
        Bootstrap.command(
                new AgentFile(Path.of("/x"), "0".repeat(64), 1), null, SshOptions.STANDARD)
            .replace("0".repeat(64), agent.sha256())
            .replace("bytes=1;", "bytes=" + jar.length + ";");
    assertThat(other).isEqualTo(command);
  }

  private static void assumeInstalled(String shell) {
    boolean isInstalled;
    try {
      isInstalled = Files.exists(Processes.find(shell.replaceFirst(" .*", "")));
    } catch (IOException e) {
      isInstalled = false;
    }
    assumeThat(isInstalled).as(shell + " is installed").isTrue();
  }
}
