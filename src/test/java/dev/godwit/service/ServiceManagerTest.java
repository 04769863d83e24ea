package dev.godwit.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceManagerTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  @TempDir Path folder;

  private final ServiceManager manager = new ServiceManager(new Fences(Path.of("/nonexistent")));

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

  @Test
  void a_stop_that_stopped_nothing_is_not_believed() throws Exception {
    Service service = service(List.of("true"), List.of("true"), List.of("true"));
    assertThatThrownBy(() -> manager.stop(service, false, LIMIT))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("still runs although");
  }

  @Test
  void a_command_that_hangs_ends_at_its_limit() {
    Service service = service(List.of("sleep", "60"), List.of("true"), List.of("true"));
    assertThatThrownBy(() -> manager.start(service, Duration.ofMillis(200)))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("did not end within 200 ms");
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
  void h62_a_process_that_writes_below_a_root_is_found() throws Exception {
    Path file = folder.resolve("open.log");
    Process writer =
        new ProcessBuilder("tail", "-f", "/dev/null").redirectOutput(file.toFile()).start();
    try {
      List<byte[]> roots = List.of(folder.toString().getBytes());
      assertThat(Writers.below(roots))
          .containsExactly("tail (%d) writes %s".formatted(writer.pid(), file));
      assertThat(Writers.below(List.of((folder + "/other").getBytes()))).isEmpty();
    } finally {
      writer.destroyForcibly().waitFor();
    }
    assertThat(Writers.below(List.of(folder.toString().getBytes()))).isEmpty();
    Files.delete(file);
  }

  @Test
  void a_service_is_the_same_after_the_wire() throws Exception {
    Service service =
        new Service(
            "mail",
            new Control.Commands(List.of("a", "b c"), List.of("d"), List.of("e")),
            List.of(143, 993),
            List.of(
                new Check.Tcp(143),
                new Check.Http(URI.create("http://localhost/x?y"), 200, 299),
                new Check.Imap(143, "probe", Path.of("/root/secret"))));
    MessageWriter out = new MessageWriter();
    ServiceCodec.write(out, service);
    MessageReader in = new MessageReader(out.toBytes());
    assertThat(ServiceCodec.read(in)).isEqualTo(service);
    in.end();
    Service unit = new Service("web", new Control.Unit("nginx.service"), List.of(), List.of());
    ServiceCodec.write(out.reset(), unit);
    assertThat(ServiceCodec.read(new MessageReader(out.toBytes()))).isEqualTo(unit);
  }
}
