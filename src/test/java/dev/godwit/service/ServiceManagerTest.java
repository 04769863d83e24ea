package dev.godwit.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.godwit.host.FencedException;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceManagerTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  @TempDir Path folder;

  @TempDir Path stops;

  private ServiceManager manager;

  @BeforeEach
  void up() {
    manager = manager(Path.of("/nonexistent"));
  }

  private ServiceManager manager(Path root) {
    return new ServiceManager(new Fences(root), new BegunStops(stops), null);
  }

  private Service service(List<String> start, List<String> stop, List<String> state) {
    return new Service("app", new Control.Commands(start, stop, state), List.of(), List.of());
  }

  /** A service whose state is whether a file is there. */
  private Service fileService() {
    String file = folder.resolve("runs").toString();
    return service(List.of("touch", file), List.of("rm", "-f", file), List.of("test", "-e", file));
  }

  @Test
  void starts_and_stops() throws Exception {
    Service service = fileService();
    assertThat(manager.runs(service)).isFalse();
    manager.start(service, LIMIT);
    assertThat(manager.runs(service)).isTrue();
    manager.stop(service, true, LIMIT);
    assertThat(manager.runs(service)).isFalse();
  }

  @Test
  void a_start_that_fails_says_what_the_command_said() {
    Service service =
        service(List.of("ls", "/nonexistent/thing"), List.of("true"), List.of("false"));
    assertThatThrownBy(() -> manager.start(service, LIMIT))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("app: it does not start: `ls /nonexistent/thing`")
        .hasMessageContaining("No such file or directory");
  }

  /** The words may be any client's, whose request is what the service failed at. */
  @Test
  void h46_what_a_command_said_is_told_without_control_characters() {
    Service service =
        service(
            List.of("bash", "-c", "printf 'up\\033[2J\\u202e\\r' >&2; exit 1"),
            List.of("true"),
            List.of("false"));
    assertThatThrownBy(() -> manager.start(service, LIMIT))
        .isInstanceOf(ServiceException.class)
        .hasMessageEndingWith("ended with 1 and said: up\\x1b[2J\\u202e");
  }

  @Test
  void a_stop_that_stopped_nothing_is_not_believed() throws Exception {
    Service service = service(List.of("true"), List.of("true"), List.of("true"));
    assertThatThrownBy(() -> manager.stop(service, false, LIMIT))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("still runs although");
  }

  @Test
  void a_command_that_hangs_ends_at_its_limit() {
    Service service = service(List.of("sleep", "60"), List.of("true"), List.of("false"));
    assertThatThrownBy(() -> manager.start(service, Duration.ofMillis(200)))
        .isInstanceOf(ServiceException.class)
        .hasMessageMatching(".*did not end within [0-9]+ ms");
  }

  @Test
  void what_was_killed_at_the_limit_of_its_stop_is_told() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    String listens =
        "import socket,signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
            + " s=socket.create_server(('127.0.0.1',%d)); time.sleep(600)".formatted(port);
    String pid = folder.resolve("pid").toString();
    String start = "nohup python3 -c \"%s\" >/dev/null 2>&1 & echo $! >%s".formatted(listens, pid);
    Service service =
        new Service(
            "deaf",
            new Control.Commands(
                List.of("bash", "-c", start), List.of("true"), List.of("test", "-e", pid + ".up")),
            List.of(port),
            List.of(),
            List.of(),
            Service.When.AT_CUTOVER,
            new Service.Stopping(Duration.ofSeconds(1), Service.Past.END));
    manager.start(service, LIMIT);
    assertThat(CheckRunner.awaitListening(port, LIMIT).passed()).isTrue();
    String number = Files.readString(Path.of(pid)).strip();
    assertThat(manager.stopAll(List.of(service), false, LIMIT))
        .singleElement()
        .asString()
        .matches("deaf [0-9]+ ms \\(killed at its limit: python3? ?\\S* ?\\(" + number + "\\)\\)");
    assertThat(manager.stopAll(List.of(service), false, LIMIT))
        .singleElement()
        .asString()
        .as("it runs no more")
        .doesNotContain("killed");
  }

  private Service noting(String name, Path notes, String... after) {
    return new Service(
        name,
        new Control.Commands(
            List.of("bash", "-c", "echo start-" + name + " >>" + notes),
            List.of("bash", "-c", "echo stop-" + name + " >>" + notes),
            List.of("false")),
        List.of(),
        List.of(),
        List.of(after),
        Service.When.AT_CUTOVER,
        Service.Stopping.DEFAULT);
  }

  @Test
  void services_are_started_in_their_order_and_stopped_in_the_opposite() throws Exception {
    Path notes = folder.resolve("notes");
    List<Service> services =
        List.of(noting("c", notes, "b"), noting("b", notes, "a"), noting("a", notes));
    assertThat(manager.startAll(services, LIMIT)).hasSize(3).first().asString().startsWith("c ");
    manager.stopAll(services, false, LIMIT);
    assertThat(Files.readAllLines(notes))
        .containsExactly("start-a", "start-b", "start-c", "stop-c", "stop-b", "stop-a");
  }

  @Test
  void what_waits_for_nothing_is_done_at_the_same_time() throws Exception {
    // Each start returns when the other one has begun: one after the other, neither would.
    Path fifo = folder.resolve("fifo");
    new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor();
    Service writes = service("writes", List.of("bash", "-c", "echo >" + fifo), List.of("true"));
    Service reads = service("reads", List.of("head", "-n1", fifo.toString()), List.of("true"));
    manager.startAll(List.of(writes, reads), LIMIT);
  }

  /** A place that is the content of a file; what the services do with it they note there. */
  private Place place(String name) {
    String at = folder.resolve("place").toString();
    return new Place(
        name,
        List.of(
            "bash", "-c", "echo point-" + name + " >>" + at + ".notes; echo " + name + " >" + at),
        List.of("cat", at),
        LIMIT);
  }

  @Test
  void services_that_run_at_another_place_stop_before_they_are_pointed_here() throws Exception {
    Path notes = folder.resolve("place.notes");
    List<Service> services = List.of(noting("a", notes), noting("b", notes, "a"));
    manager.point(services, place("old"), LIMIT);
    assertThat(Files.readAllLines(notes)).containsExactly("stop-b", "stop-a", "point-old");
    manager.point(services, place("old"), LIMIT);
    assertThat(Files.readAllLines(notes)).as("nothing more").hasSize(3);
    manager.point(services, place("new"), LIMIT);
    assertThat(Files.readAllLines(notes)).endsWith("stop-b", "stop-a", "point-new").hasSize(6);
  }

  @Test
  void h56_services_that_cannot_be_stopped_are_not_pointed_elsewhere() throws Exception {
    manager.point(List.of(), place("old"), LIMIT);
    Service stays = service(List.of("true"), List.of("true"), List.of("true"));
    assertThatThrownBy(() -> manager.point(List.of(stays), place("new"), LIMIT))
        .hasMessageContaining("still runs although");
    assertThat(place("new").now()).isEqualTo("old");
  }

  @Test
  void a_service_that_runs_is_not_stopped_when_nobody_can_tell_where_it_is_pointed()
      throws Exception {
    Path place = folder.resolve("place");
    Service runs = fileService();
    manager.start(runs, LIMIT);
    assertThatThrownBy(() -> manager.point(List.of(runs), place("old"), LIMIT))
        .hasMessageContaining("cannot be asked");
    assertThat(manager.runs(runs)).isTrue();
    assertThat(place).doesNotExist();
    manager.stop(runs, false, LIMIT);
    manager.point(List.of(runs), place("old"), LIMIT); // as after a command that was cut off
    assertThat(place).hasContent("old\n");
  }

  @Test
  void a_command_that_points_elsewhere_is_not_believed() {
    Place place = new Place("new", List.of("true"), List.of("echo", "old"), Duration.ofSeconds(5));
    assertThatThrownBy(() -> manager.point(List.of(), place, LIMIT))
        .hasMessageContaining("pointed at \"old\" instead of \"new\"");
  }

  @Test
  void a_queue_fits_before_its_service_starts_and_while_those_before_it_do() throws Exception {
    Path message = Files.createDirectories(folder.resolve("queue")).resolve("qf1");
    Files.writeString(message, "x");
    Files.setAttribute(message, "unix:uid", 60_123);
    CarriedQueue carried =
        new CarriedQueue(
            "mta",
            new Queue(Queue.Kind.SENDMAIL, String.valueOf(message.getParent()), Duration.ZERO),
            new Queues.Owners(Map.of(60_123, "daemon"), Map.of()));
    String isOurs = "[ $(stat -c %U " + message + ") = daemon ]";
    Path notes = folder.resolve("notes");
    // Its start ends when the queue fits: were that to wait for it, neither would end.
    Service before =
        service(
            "before",
            List.of("bash", "-c", "until " + isOurs + "; do sleep 0.01; done; echo >>" + notes),
            List.of("true"));
    Service mta =
        new Service(
            "mta",
            new Control.Commands(
                List.of("bash", "-c", isOurs + " && [ -e " + notes + " ]"),
                List.of("true"),
                List.of("false")),
            List.of(),
            List.of(),
            List.of("before"),
            Service.When.AT_CUTOVER,
            Service.Stopping.DEFAULT);
    assertThat(
            manager.startAll(List.of(before, mta), List.of(carried), Duration.ofSeconds(60), true))
        .hasSize(3)
        .last()
        .asString()
        .startsWith("1 messages in ");
  }

  @Test
  void a_service_whose_queue_cannot_be_made_fit_is_not_started() throws Exception {
    Path notes = folder.resolve("notes");
    Path message = Files.createDirectories(folder.resolve("queue")).resolve("qf1");
    Files.writeString(message, "x");
    CarriedQueue carried =
        new CarriedQueue(
            "mta",
            new Queue(Queue.Kind.SENDMAIL, String.valueOf(message.getParent()), Duration.ZERO),
            new Queues.Owners(Map.of(60_123, "no-such-user"), Map.of()));
    assertThatThrownBy(
            () -> manager.startAll(List.of(noting("mta", notes)), List.of(carried), LIMIT, true))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("the user no-such-user, whom this host does not know");
    assertThat(notes).doesNotExist();
  }

  @Test
  void what_comes_after_a_failed_one_is_not_started_but_on_the_way_back() throws Exception {
    Path notes = folder.resolve("notes");
    Service fails = service("fails", List.of("false"), List.of("true"));
    List<Service> services = List.of(fails, noting("later", notes, "fails"));
    assertThatThrownBy(() -> manager.startAll(services, LIMIT)).hasMessageContaining("fails:");
    assertThat(notes).doesNotExist();
    assertThatThrownBy(() -> manager.startWhatStarts(services, LIMIT))
        .hasMessageContaining("fails:");
    assertThat(Files.readAllLines(notes)).containsExactly("start-later");
  }

  @Test
  void h50_a_fence_that_cannot_be_lifted_keeps_no_service_down_on_the_way_back() throws Exception {
    Path notes = folder.resolve("notes");
    Path lifted = folder.resolve("lifted");
    Service stays = fenced("stays", List.of("touch", notes.toString()), List.of("false"));
    Service fails = fenced("fails", List.of("false"), List.of("touch", lifted.toString()));
    assertThatThrownBy(() -> manager.startAll(List.of(stays, fails), LIMIT))
        .hasMessageContaining("stays: its fence cannot be lifted");
    assertThat(notes).doesNotExist();
    assertThat(lifted).as("each for itself").exists();
    List<String> unused = manager.startWhatStarts(List.of(stays), LIMIT);
    assertThat(notes).exists();
    assertThatThrownBy(() -> manager.startWhatStarts(List.of(stays, fails), LIMIT))
        .hasMessageContaining("fails: it does not start")
        .hasMessageContaining("stays: its fence cannot be lifted");
  }

  private static Service fenced(String name, List<String> start, List<String> unfence) {
    List<String> nothing = List.of("true");
    return new Service(
        name,
        new Control.Commands(start, nothing, List.of("false"), nothing, unfence, List.of()),
        List.of(),
        List.of());
  }

  private static Service service(String name, List<String> start, List<String> stop) {
    return new Service(
        name, new Control.Commands(start, stop, List.of("false")), List.of(), List.of());
  }

  @Test
  void h57_an_init_script_is_fenced_by_its_links() throws Exception {
    Path level = Files.createDirectories(folder.resolve("etc/rc2.d"));
    Files.createSymbolicLink(level.resolve("S20app"), Path.of("../init.d/app"));
    Files.createSymbolicLink(level.resolve("K20app"), Path.of("../init.d/app"));
    Files.createSymbolicLink(level.resolve("S20apple"), Path.of("../init.d/apple"));
    Fences fences = new Fences(folder);
    for (Control control :
        List.of(
            new Control.Script("app"),
            new Control.Commands(
                List.of("service", "app", "start"), List.of("true"), List.of("true")),
            new Control.Commands(
                List.of("/etc/init.d/app", "start"), List.of("true"), List.of("true")))) {
      assertThat(control.canBeFenced()).isTrue();
      List<Service> services = List.of(new Service("app", control, List.of(), List.of()));
      fences.put(services);
      fences.put(services);
      assertThat(level.toFile().list())
          .containsExactlyInAnyOrder("godwit-fence.S20app", "K20app", "S20apple");
      fences.lift(services);
      fences.lift(services);
      assertThat(level.toFile().list()).containsExactlyInAnyOrder("S20app", "K20app", "S20apple");
    }
    assertThat(noting("a", folder).control().canBeFenced()).isFalse();
  }

  @Test
  void h57_fences_that_were_removed_or_spoiled_are_put_up_again_and_nothing_else()
      throws Exception {
    Path level = Files.createDirectories(folder.resolve("etc/rc2.d"));
    for (String name : List.of("app", "web")) {
      Files.createSymbolicLink(level.resolve("S20" + name), Path.of("../init.d/" + name));
    }
    Service app = byScript("app", folder.resolve("app-runs"));
    Service web = byScript("web", folder.resolve("web-runs"));
    Service free = noting("free", folder.resolve("notes"));
    List<Service> services = List.of(app, web, free);
    ServiceManager fencing = manager(folder);
    fencing.stopAll(services, true, LIMIT);
    assertThat(fencing.keep(services, fence -> fail("all are up"), ServiceOrders.Work::run))
        .isEqualTo(new Kept(List.of(), List.of(), List.of()));

    Files.move(level.resolve("godwit-fence.S20app"), level.resolve("S20app"));
    Files.createFile(folder.resolve("web-runs"));
    assertThat(fencing.keep(services, ServiceOrders.Work::run, ServiceOrders.Work::run))
        .isEqualTo(new Kept(List.of("app"), List.of("web"), List.of()));
    assertThat(level.toFile().list())
        .containsExactlyInAnyOrder("godwit-fence.S20app", "godwit-fence.S20web");
    assertThat(folder.resolve("web-runs")).as("what runs is not stopped").exists();
  }

  @Test
  void h57_a_drop_in_that_was_removed_or_emptied_is_missing() throws Exception {
    Fences fences = new Fences(folder);
    List<Service> web =
        List.of(new Service("web", new Control.Unit("web.service"), List.of(), List.of()));
    assertThat(fences.missing(web)).isEqualTo(web);
    Path fence = folder.resolve("etc/systemd/system/web.service.d/zz-godwit-fence.conf");
    Files.createDirectories(fence.getParent());
    Files.writeString(fence, "[Unit]\nConditionPathExists=/run/godwit-fences/web.service\n");
    assertThat(fences.missing(web)).isEmpty();
    Files.writeString(fence, "[Unit]\n");
    assertThat(fences.missing(web)).isEqualTo(web);
  }

  @Test
  void h57_a_fence_by_command_that_is_not_up_any_more_is_put_up_again() throws Exception {
    Path up = folder.resolve("up");
    Service told = fencedByFile("told", up, List.of("test", "-e", up.toString()));
    Service untold = fencedByFile("untold", folder.resolve("untold-up"), List.of());
    List<Service> services = List.of(told, untold);
    ServiceManager fencing = manager(folder);
    fencing.stopAll(services, true, LIMIT);
    assertThat(fencing.keep(services, fence -> fail("both are up"), ServiceOrders.Work::run))
        .isEqualTo(new Kept(List.of(), List.of(), List.of()));

    Files.delete(up);
    Files.delete(folder.resolve("untold-up"));
    assertThat(fencing.keep(services, ServiceOrders.Work::run, ServiceOrders.Work::run))
        .isEqualTo(new Kept(List.of("told"), List.of(), List.of()));
    assertThat(up).exists();
    assertThat(folder.resolve("untold-up")).as("nothing tells of it").doesNotExist();
  }

  @Test
  void h57_a_fence_that_does_not_come_up_is_told_and_keeps_no_other_down() throws Exception {
    Path up = folder.resolve("up");
    Service never = fencedByFile("never", folder.resolve("never-up"), List.of("false"));
    Service app = fencedByFile("app", up, List.of("test", "-e", up.toString()));
    List<Service> services = List.of(never, app);
    ServiceManager fencing = manager(folder);
    assertThatThrownBy(
            () -> fencing.keep(services, ServiceOrders.Work::run, ServiceOrders.Work::run))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("never: it cannot be fenced: `touch ")
        .hasMessageContaining("ended with 0, and then `false` says that the fence is not up");
    assertThat(up).exists();
    assertThatThrownBy(() -> fencing.stopAll(services, true, LIMIT))
        .as("a switch goes no further")
        .hasMessageContaining("never: it cannot be fenced");
  }

  private static Service fencedByFile(String name, Path up, List<String> fenced) {
    List<String> nothing = List.of("true");
    return new Service(
        name,
        new Control.Commands(
            nothing,
            nothing,
            List.of("false"),
            List.of("touch", up.toString()),
            List.of("rm", "-f", up.toString()),
            fenced),
        List.of(),
        List.of());
  }

  /** Links are for boot alone: a start needs none of them. */
  @Test
  void h56_h57_what_starts_before_its_host_serves_is_not_started_by_boot() throws Exception {
    Path level = levelThatStartsApp();
    List<Service> services = List.of(byScript("app", folder.resolve("runs")));
    ServiceManager fencing = manager(folder);
    Files.createFile(folder.resolve("runs")); // so that nothing is to be started
    new Fences(folder).put(services);
    fencing.startAll(services, List.of(), LIMIT, false);
    assertThat(level.toFile().list()).containsExactly("godwit-fence.S20app");
    fencing.startAll(services, List.of(), LIMIT, true);
    assertThat(level.toFile().list()).containsExactly("S20app");
  }

  /** A command knows no fence that is open: it is put up again behind the start. */
  @Test
  void h56_h57_what_is_fenced_by_command_is_fenced_again_before_its_host_serves() throws Exception {
    Path notes = folder.resolve("notes");
    List<String> nothing = List.of();
    Service app =
        new Service(
            "app",
            new Control.Commands(
                note("start", notes),
                nothing,
                List.of("grep", "-qs", "start", notes.toString()),
                note("fence", notes),
                note("unfence", notes),
                nothing),
            List.of(),
            List.of());
    ServiceManager fencing = manager(folder);

    fencing.startAll(List.of(app), List.of(), LIMIT, false);
    fencing.lift(List.of(app));

    assertThat(Files.readAllLines(notes)).containsExactly("unfence", "start", "fence", "unfence");
    fencing.startAll(List.of(app), List.of(), LIMIT, true);
    assertThat(Files.readAllLines(notes)).endsWith("fence", "unfence", "unfence");
  }

  private static List<String> note(String word, Path notes) {
    return List.of("bash", "-c", "echo " + word + " >>" + notes);
  }

  /** What is lifted by a start of a later epoch, in between the look and the turn, stays lifted. */
  @Test
  void h58_a_fence_of_an_epoch_that_is_over_is_not_put_up_again() throws Exception {
    Path level = levelThatStartsApp();
    List<Service> services = List.of(byScript("app", folder.resolve("runs")));
    ServiceManager fencing = manager(folder);
    ServiceOrders orders = ServiceOrders.in(folder.resolve("orders"));
    Files.createFile(folder.resolve("runs")); // so that nothing is to be started
    orders.obey(8, () -> fencing.startAll(services, LIMIT));
    assertThatThrownBy(
            () -> fencing.keep(services, fence -> orders.obey(7, fence), orders::askIfFree))
        .isInstanceOf(FencedException.class);
    assertThat(level.toFile().list()).containsExactly("S20app");
  }

  private Path levelThatStartsApp() throws IOException {
    Path level = Files.createDirectories(folder.resolve("etc/rc2.d"));
    Files.createSymbolicLink(level.resolve("S20app"), Path.of("../init.d/app"));
    return level;
  }

  /**
   * One that is known as a script's by the command that starts it, and runs while a file is there.
   */
  private static Service byScript(String name, Path runs) {
    return new Service(
        name,
        new Control.Commands(
            List.of("service", name, "start"),
            List.of("rm", "-f", runs.toString()),
            List.of("test", "-e", runs.toString())),
        List.of(),
        List.of());
  }

  @Test
  void h57_a_service_is_fenced_before_it_is_stopped() throws Exception {
    Path notes = folder.resolve("notes");
    Service service =
        new Service(
            "app",
            new Control.Commands(
                List.of("true"),
                note("stop", notes),
                List.of("false"),
                note("fence", notes),
                List.of("true"),
                List.of()),
            List.of(),
            List.of());
    manager.stop(service, true, LIMIT);
    assertThat(Files.readAllLines(notes)).containsExactly("fence", "stop");
  }

  @Test
  void h76_no_shell_sees_an_argument() throws Exception {
    Path planted = folder.resolve("planted");
    Service service =
        service(
            List.of("true", "$(touch " + planted + ")", "; touch " + planted),
            List.of("true"),
            List.of("false"));
    manager.start(service, LIMIT);
    assertThat(planted).doesNotExist();
  }

  @Test
  void a_service_is_the_same_after_the_wire() throws Exception {
    Service service =
        new Service(
            "mail",
            new Control.Commands(
                List.of("a", "b c"),
                List.of("d"),
                List.of("e"),
                List.of("f"),
                List.of("g", "h"),
                List.of("i")),
            List.of(143, 993),
            List.of(
                new Check.Tcp(143),
                new Check.Http(URI.create("http://localhost/x?y"), 200, 299, "w\u00fc"),
                new Check.Imap(143, "probe", Path.of("/root/secret")),
                new Check.Imap(143, "probe", Path.of("/root/secret"), "box"),
                new Check.Pop3(110, "probe", Path.of("/root/secret")),
                new Check.Command(List.of("a", "b c"), Duration.ofMillis(1234)),
                new Check.Smtp(25, null),
                new Check.Smtp(
                    25,
                    new Check.Mail(
                        "a@b.c", "d@e.f", new Check.Imap(143, "d", Path.of("/root/secret"))))));
    MessageWriter out = new MessageWriter();
    ServiceCodec.write(out, service);
    MessageReader in = new MessageReader(out.toBytes());
    assertThat(ServiceCodec.read(in)).isEqualTo(service);
    in.end();
    Service unit =
        new Service(
            "web",
            new Control.Unit("nginx.service"),
            List.of(),
            List.of(),
            List.of("mail"),
            Service.When.ALREADY_RUNNING,
            new Service.Stopping(Duration.ofMillis(1500), Service.Past.END));
    ServiceCodec.write(out.reset(), unit);
    assertThat(ServiceCodec.read(new MessageReader(out.toBytes()))).isEqualTo(unit);
    Service script = new Service("x", new Control.Script("../x"), List.of(), List.of());
    ServiceCodec.write(out.reset(), script);
    assertThatThrownBy(() -> ServiceCodec.read(new MessageReader(out.toBytes())))
        .hasMessageContaining("init script");
  }
}
