package dev.godwit.move;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.DemoPlan;
import dev.godwit.demo.Fill;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabOptions;
import dev.godwit.demo.LabServices;
import dev.godwit.demo.LedgerCheck;
import dev.godwit.demo.Page;
import dev.godwit.demo.ProtocolResult;
import dev.godwit.demo.TreeComparison;
import dev.godwit.demo.WatchingClient;
import dev.godwit.host.TestingAgentFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A lab with a service on old, a plan, a client that keeps asking, and the program itself run as a
 * user runs it: as a process on a host, watched by what it prints.
 */
final class TestingMove implements AutoCloseable {
  /** More for a lab that is made large by hand. */
  static final Duration COMMAND_LIMIT =
      Duration.ofSeconds(Integer.getInteger("godwit.lab.command.seconds", 180));

  /** Than the client of the demo asks: tests of two labs at once have to fit on a small machine. */
  private static final int RARER = 3;

  private static final long SEED = 7_411;
  private static final int FILES = 300;

  /** Of a test that shows no limit: how slow a machine is must not decide what a test shows. */
  private static final String LONG_HOLD = "20s";

  private final Lab lab;
  private final LabServices services;
  private final List<Page> pages;
  private LabHost controller;
  private @Nullable WatchingClient client;
  private long postsBefore;

  /** What the last command said, for who has to find out why something failed. */
  private String lastSaid = "";

  private TestingMove(Lab lab, LabServices services, List<Page> pages) {
    this.lab = lab;
    this.services = services;
    this.pages = pages;
    this.controller = lab.neu();
  }

  /** A few hundred files and a long hold. */
  static TestingMove up() throws IOException {
    return up(FILES);
  }

  /** So many files and a long hold. */
  static TestingMove up(int files) throws IOException {
    return up(files, LONG_HOLD);
  }

  static TestingMove up(int files, String hold) throws IOException {
    return up(files, LabOptions.forFiles(files), hold);
  }

  static TestingMove up(int files, LabOptions options, String hold) throws IOException {
    System.out.printf("lab: %d files, seed %d, hold %s%n", files, SEED, hold);
    Lab lab = Lab.start(options);
    boolean up = false;
    try {
      for (LabHost host : List.of(lab.old(), lab.neu())) {
        TestingAgentFolder.fill(host.path("/var/lib/godwit/agent"));
      }
      LabServices services = new LabServices(lab);
      services.install();
      List<Page> pages = new Fill(lab.old(), SEED).write(files, services.hasMail());
      services.start(lab.old());
      TestingMove move = new TestingMove(lab, services, pages);
      move.writePlan(plan(services));
      move.hold(hold);
      up = true;
      return move;
    } finally {
      if (!up) {
        lab.close();
      }
    }
  }

  private static String plan(LabServices services) {
    assertThat(services.hasMail()).as("dovecot is installed").isTrue();
    assertThat(services.hasWeb()).as("nginx is installed").isTrue();
    return DemoPlan.text(services);
  }

  Lab lab() {
    return lab;
  }

  LabHost old() {
    return lab.old();
  }

  LabHost neu() {
    return lab.neu();
  }

  LabHost host(Role role) {
    return role == Role.OLD ? old() : neu();
  }

  /** The commands are typed there from now on, with both hosts far; the plan says how. */
  void controlFromClient() throws IOException {
    String plan = new String(controller.readFile(DemoPlan.PATH), StandardCharsets.UTF_8);
    controller = lab.client();
    writePlan(plan.replace("new: local", "new: root@" + Lab.NEW_ADDRESS));
  }

  /** The commands are typed there from now on, with this plan. */
  void controlFrom(LabHost host, String plan) throws IOException {
    controller = host;
    writePlan(plan);
  }

  /** What the demo's plan says of its services. */
  String plannedServices() {
    String plan = DemoPlan.text(services);
    return plan.substring(plan.indexOf("services:"), plan.indexOf("limits:"));
  }

  LabServices services() {
    return services;
  }

  /** Another plan than the demo's, made of what it is now. */
  void changePlan(UnaryOperator<String> change) throws IOException {
    writePlan(change.apply(new String(controller.readFile(DemoPlan.PATH), StandardCharsets.UTF_8)));
  }

  /** The next hold is as long as where a test shows no limit. */
  void holdLong() throws IOException {
    hold(LONG_HOLD);
  }

  /** So long is the next hold at most. */
  void hold(String limit) throws IOException {
    changePlan(plan -> plan.replaceAll("hold: [0-9]+m?s", "hold: " + limit));
  }

  private void writePlan(String text) throws IOException {
    controller.writeFile(DemoPlan.PATH, text);
  }

  List<String> folders() {
    return DemoPlan.folders(services);
  }

  // ---- the client

  /** A client that has not asked before; the one before it has ended. */
  void startClient() throws IOException {
    startClient(Lab.OLD_ADDRESS);
  }

  /** The same with a client that knows the service by another address. */
  void startClient(String address) throws IOException {
    postsBefore = posts(old()) + posts(neu());
    client = new WatchingClient(lab.client(), services, pages, address, RARER);
  }

  /** It asks no more. */
  void endClient() {
    watching().close();
  }

  private WatchingClient watching() {
    if (client == null) {
      throw new IllegalStateException("no client was started");
    }
    return client;
  }

  /** Waits until the client has made this many requests more; so it is not stuck. */
  void awaitRequests(int more) throws Exception {
    int from = watching().requests();
    TestingPatience.await("the client's next requests", () -> watching().requests() >= from + more);
  }

  /** The slowest answer to any request of the client since it was started. */
  Duration longestWait() {
    return Collections.max(longestWaits().values());
  }

  /** The same by protocol. */
  Map<String, Duration> longestWaits() {
    return watching().results().stream()
        .collect(Collectors.toMap(ProtocolResult::protocol, ProtocolResult::worst));
  }

  /** No request has failed so far. */
  void assertNoneFailed() {
    assertNoneFailed(0);
  }

  /**
   * The same after the client's one long session was cut off by force: who was just being answered
   * on it meets that.
   *
   * @param cuts how often that was done
   */
  void assertNoneFailed(int cuts) {
    for (ProtocolResult result : watching().results()) {
      assertThat(result.failed())
          .as("%s %s; %s", result.protocol(), result.reasons(), lastSaid)
          .isLessThanOrEqualTo(result.protocol().equals("imap_long") ? cuts : 0);
      assertThat(result.requests()).as(result.protocol()).isPositive();
    }
  }

  /** Notes that were posted to the application of this host itself, whoever it was that asked. */
  long posts(LabHost host) throws IOException {
    Path log = host.path("/var/log/lab-app.log");
    if (!Files.exists(log)) {
      return 0;
    }
    try (var lines = Files.lines(log, ISO_8859_1)) {
      return lines.filter(line -> line.contains(" POST /notes ")).count();
    }
  }

  /** New clients are served by old, now, and by old only. */
  void assertOldServes() throws Exception {
    long old = posts(old());
    long neu = posts(neu());
    TestingPatience.await("notes that old takes", () -> posts(old()) >= old + 5);
    assertThat(posts(neu())).as("notes posted to new meanwhile").isEqualTo(neu);
  }

  void assertNewServes() throws Exception {
    long old = posts(old());
    long neu = posts(neu());
    TestingPatience.await("notes that new takes", () -> posts(neu()) >= neu + 5);
    assertThat(posts(old())).as("notes posted to old meanwhile").isEqualTo(old);
  }

  /** New clients are served, by one of the two only. */
  void assertOneServes() throws Exception {
    Role unused = whichServes();
  }

  /** The only one of the two by which new clients are served. */
  Role whichServes() throws Exception {
    long old = posts(old());
    long neu = posts(neu());
    TestingPatience.await("notes", () -> posts(old()) + posts(neu()) >= old + neu + 5);
    List<Long> taken = List.of(posts(old()) - old, posts(neu()) - neu);
    assertThat(taken).as("notes on old, new").contains(0L);
    return taken.getFirst() > 0 ? Role.OLD : Role.NEW;
  }

  // ---- the commands

  /** Runs {@code godwit ARGUMENTS} in /root of the controller's host. */
  TestingCommand godwit(String... arguments) throws IOException {
    return godwitWhen(line -> false, null, arguments);
  }

  /** The same; does {@code act} at the first line that {@code trigger} accepts. */
  TestingCommand godwitWhen(
      Predicate<String> trigger, TestingCommand.@Nullable Act act, String... arguments)
      throws IOException {
    String shown = controller.name() + "# godwit " + String.join(" ", arguments);
    return TestingCommand.start(controller, argv(arguments), shown, trigger, act);
  }

  /** The same to its end, with what it has told (stderr) apart from what it has answered. */
  LabHost.Outcome godwitApart(String... arguments) throws IOException {
    return controller.run(argv(arguments), COMMAND_LIMIT);
  }

  private List<String> argv(String... arguments) throws IOException {
    List<String> argv = new ArrayList<>(List.of("env", "-C", "/root"));
    argv.addAll(program());
    argv.addAll(List.of(arguments));
    return argv;
  }

  /** The same, where the act kills the command. */
  void godwitKilled(Predicate<String> trigger, TestingCommand.Act act, String... arguments)
      throws IOException, InterruptedException {
    try (TestingCommand killed = godwitWhen(trigger, act, arguments)) {
      assertThat(killed.exit(COMMAND_LIMIT)).as(killed.text()).isEqualTo(128 + 9);
    }
  }

  /**
   * What status says as soon as nothing is wrong any more: who asks a host every few seconds has to
   * find it again after its reboot.
   */
  String statusWithoutProblems() throws Exception {
    TestingPatience.await(
        () -> "a status without problems: " + lastSaid,
        () -> {
          try (TestingCommand status = godwit("status")) {
            lastSaid = status.textAtEnd();
            return status.exit(COMMAND_LIMIT) == 0;
          }
        });
    return lastSaid;
  }

  /** Runs a command to its end; returns what it has written. */
  String godwit(int exit, String... arguments) throws IOException, InterruptedException {
    try (TestingCommand command = godwit(arguments)) {
      int status = command.exit(COMMAND_LIMIT);
      lastSaid = "godwit %s:%n%s".formatted(String.join(" ", arguments), command.text());
      assertThat(status).as(lastSaid).isEqualTo(exit);
      return command.text();
    }
  }

  /** kill -9 of the process that holds the mirrors. */
  void killBackground() throws IOException {
    String number = controller.must("pgrep", "-f", "godwit.jar background ").strip();
    assertThat(number).matches("[0-9]+");
    controller.must("kill", "-9", number);
  }

  /** The step begins: its line is printed before the first order of it. */
  static Predicate<String> begins(CutoverStep step) {
    return line -> line.strip().equals("… " + step.word());
  }

  static Predicate<String> ended(CutoverStep step) {
    return line -> line.strip().startsWith("✓ " + step.word() + " ");
  }

  /** The jar as ./godwit runs it, with its cache when there is one for this JDK. */
  static List<String> program() throws IOException {
    Path jar = jar();
    List<String> argv = new ArrayList<>();
    argv.add(System.getProperty("java.home") + "/bin/java");
    argv.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-Xlog:disable",
            "-XX:TieredStopAtLevel=1",
            "-Xmn16m"));
    argv.add("--enable-native-access=ALL-UNNAMED");
    Path cache = jar.resolveSibling("godwit-" + System.getProperty("java.version") + ".aot");
    if (Files.exists(cache)) {
      argv.add("-XX:AOTCache=" + cache);
    }
    argv.addAll(List.of("-jar", jar.toString()));
    return argv;
  }

  static Path jar() {
    Path jar = Path.of(System.getProperty("godwit.jar", "target/run/godwit.jar")).toAbsolutePath();
    assertThat(jar).as("build it first: ./godwit --version").exists();
    return jar;
  }

  // ---- the proof

  /** New serves, and nothing was lost on the way: ends the client and compares everything. */
  void proveMoved() throws Exception {
    assertNewServes();
    proveServedBy(neu(), old(), true);
  }

  /** Old serves again, and has all that new had accepted. */
  void proveRolledBack() throws Exception {
    assertOldServes();
    proveServedBy(old(), neu(), true);
  }

  void proveServedBy(Role serving) throws Exception {
    if (serving == Role.NEW) {
      proveMoved();
    } else {
      proveRolledBack();
    }
  }

  /**
   * The same where requests may have failed, because what held them died: what was acknowledged is
   * there all the same, once, and one host serves.
   *
   * @return how many requests failed
   */
  int proveKept(Role serving) throws Exception {
    if (serving == Role.NEW) {
      assertNewServes();
      proveServedBy(neu(), old(), false);
    } else {
      assertOldServes();
      proveServedBy(old(), neu(), false);
    }
    return watching().results().stream().mapToInt(ProtocolResult::failed).sum();
  }

  /**
   * Ends the client and compares everything.
   *
   * <p>Acknowledged notes are also counted by the applications' own logs: each request reached
   * exactly one of the two.
   *
   * @param left follows the serving one since the last switch
   * @param allAnswered whether no request may have failed
   */
  private void proveServedBy(LabHost serving, LabHost left, boolean allAnswered) throws Exception {
    WatchingClient asked = watching();
    asked.close();
    if (allAnswered) {
      assertNoneFailed();
    }
    godwit(0, "start"); // returns when the other one has all that the serving one has
    assertAllKept(serving);
    int notes = asked.ledger().notes().size();
    if (allAnswered) { // the application logs what it has answered, unless it is killed in between
      assertThat(posts(old()) + posts(neu()) - postsBefore)
          .as("notes posted to old and to new together")
          .isEqualTo(notes);
    }
    TreeComparison trees = TreeComparison.of(left, serving, folders());
    assertThat(trees.examples()).isEmpty();
    assertThat(trees.different()).isZero();
    assertThat(trees.files()).isGreaterThan(100);
    for (String name : services.names()) {
      String[] state = LabServices.argv(name, "state").toArray(String[]::new);
      assertThat(left.run(state).exit()).as(name + " on " + left.name()).isEqualTo(3);
      assertThat(serving.run(state).exit()).as(name + " on " + serving.name()).isZero();
    }
    String summary =
        asked.results().stream()
            .map(
                r ->
                    "%s %d, worst %d ms, longest gap %d ms at %s"
                        .formatted(
                            r.protocol(),
                            r.requests(),
                            r.worst().toMillis(),
                            r.longestGap().toMillis(),
                            r.longestGapAt()))
            .collect(Collectors.joining("; "));
    System.out.println("proved: " + summary + ", " + trees.files() + " files");
  }

  /** What was acknowledged to the client, which has ended, is on this host, once. */
  void assertAllKept(LabHost serving) throws Exception {
    LedgerCheck ledger = LedgerCheck.of(watching().ledger(), serving);
    assertThat(ledger.examples()).isEmpty();
    assertThat(ledger.acknowledged()).isPositive();
    assertThat(ledger.lost()).isZero();
    assertThat(ledger.duplicated()).isZero();
  }

  /**
   * Each note that was acknowledged before this call is on the host that serves now, once. Mails
   * are moved while one looks; they are counted when the client has ended.
   */
  void assertNoNoteLost(LabHost serving) throws Exception {
    Set<String> acknowledged = watching().ledger().notes();
    assertThat(acknowledged).isNotEmpty();
    List<String> there = new ArrayList<>();
    try (var lines = Files.lines(serving.path(Fill.NOTES + "/notes.log"), ISO_8859_1)) {
      lines.forEach(line -> there.add(line.split(" ", 2)[0]));
    }
    assertThat(there).containsAll(acknowledged).doesNotHaveDuplicates();
  }

  /** The client's name server says another address from now on. */
  void repoint(String address) {
    watching().repoint(address);
  }

  /**
   * One more of the client's users has heard of another address; returns whether others have not.
   */
  boolean repointOne(String address) {
    return watching().repointOne(address);
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
    lab.close();
  }
}
