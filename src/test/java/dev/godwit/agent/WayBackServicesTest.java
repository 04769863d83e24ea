package dev.godwit.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.godwit.TestingPatience;
import dev.godwit.host.TestingRuntime;
import dev.godwit.service.Check;
import dev.godwit.service.Control;
import dev.godwit.service.Place;
import dev.godwit.service.Service;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a gate is given to put services back with. */
final class WayBackServicesTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  @TempDir Path folder;

  private static WayBackServices wayBack(Optional<Place> place) throws Exception {
    return WayBackServices.decode(WayBackServices.encode("m", 1, List.of(), place));
  }

  private static Optional<Place> place(String name, String... where) {
    return Optional.of(new Place(name, List.of("false"), List.of(where), Duration.ofSeconds(5)));
  }

  /** Whatever runs, and could not be started anew, may have other files than those of the place. */
  @Test
  void h56_only_services_that_are_pointed_at_their_place_may_serve() throws Exception {
    assertThat(wayBack(place("old", "echo", "old")).mayServe()).isTrue();
    assertThat(wayBack(place("old", "echo", "new")).mayServe()).isFalse();
    WayBackServices unknown = wayBack(place("old", "cat", "/nonexistent/place"));
    assertThatThrownBy(unknown::mayServe).hasMessageContaining("/nonexistent/place");
    assertThat(wayBack(Optional.empty()).mayServe()).as("there is one place").isTrue();
  }

  /** At the end of each attempt it would be killed, as a database that recovers first. */
  @Tag("lab")
  @Test
  void h50_what_takes_long_to_start_is_not_killed() throws Exception {
    Path started = folder.resolve("started");
    String move = "slow-way-back-" + ProcessHandle.current().pid();
    List<String> slow = List.of("sh", "-c", "sleep 63; touch " + started);
    Service service =
        new Service(
            "database",
            new Control.Commands(slow, List.of("true"), List.of("false")),
            List.of(),
            List.of());
    try {
      WayBackServices.decode(WayBackServices.encode(move, 1, List.of(service), Optional.empty()))
          .startServices();
      assertThat(started).exists();
    } finally {
      TestingRuntime.remove(move);
    }
  }

  /** Each of them answers only when all have asked: one after the other none would pass. */
  @Test
  void h50_the_checks_of_the_way_back_are_made_at_once() throws Exception {
    String move = "checks-at-once-" + ProcessHandle.current().pid();
    CountDownLatch asked = new CountDownLatch(3);
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          asked.countDown();
          try {
            boolean all = asked.await(TestingPatience.LIMIT.toSeconds(), TimeUnit.SECONDS);
            exchange.sendResponseHeaders(all ? 204 : 503, -1);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } finally {
            exchange.close();
          }
        });
    server.start();
    try {
      URI here = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
      List<Service> services =
          Stream.of("mail", "web", "app")
              .map(
                  name ->
                      new Service(
                          name,
                          new Control.Commands(List.of("true"), List.of("true"), List.of("true")),
                          List.of(),
                          List.of(new Check.Http(here))))
              .toList();
      WayBackServices.decode(WayBackServices.encode(move, 1, services, Optional.empty()))
          .startServices();
      assertThat(asked.getCount()).isZero();
    } finally {
      server.stop(0);
      TestingRuntime.remove(move);
    }
  }

  /**
   * The gate has the ports until this is over, and what a command connects to would be the gate.
   */
  @Test
  void h50_commands_are_no_checks_of_the_way_back() throws Exception {
    Path asked = folder.resolve("asked");
    String move = "way-back-" + ProcessHandle.current().pid();
    Service service =
        new Service(
            "database",
            new Control.Commands(List.of("true"), List.of("true"), List.of("true")),
            List.of(),
            List.of(new Check.Command(List.of("touch", asked.toString()), LIMIT)));
    try {
      WayBackServices.decode(WayBackServices.encode(move, 1, List.of(service), Optional.empty()))
          .startServices();
      assertThat(asked).doesNotExist();
    } finally {
      TestingRuntime.remove(move);
    }
  }
}
