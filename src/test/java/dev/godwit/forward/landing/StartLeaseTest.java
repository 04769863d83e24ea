package dev.godwit.forward.landing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.host.FencedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a lease on services ends. */
class StartLeaseTest {
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration SHORT = Duration.ofMillis(50);

  @TempDir Path directory;
  private final List<String> done = new CopyOnWriteArrayList<>();
  private volatile boolean fenced;
  private final AtomicInteger failures = new AtomicInteger();

  private final LeasedServices services =
      new LeasedServices() {
        @Override
        public void stop(long epoch) throws IOException {
          if (failures.getAndDecrement() > 0) {
            throw new IOException("it does not stop");
          }
          order("stop " + epoch);
        }

        @Override
        public void serve(long epoch) throws IOException {
          if (failures.getAndDecrement() > 0) {
            throw new IOException("one does not start");
          }
          order("serve " + epoch);
        }
      };

  private void order(String order) throws FencedException {
    if (fenced) {
      throw new FencedException(1, 9);
    }
    done.add(order);
  }

  private StartLease lease() throws IOException {
    return StartLease.in(directory, encoded -> services);
  }

  private void awaitDone(String... orders) throws Exception {
    TestingPatience.await(() -> "done: " + done, () -> done.equals(List.of(orders)));
  }

  @Test
  void h56_at_its_end_the_services_are_stopped_once() throws Exception {
    StartLease lease = lease();
    lease.grant(7, SHORT, new byte[0]);
    awaitDone("stop 7");
    lease.withdrawn(7);
    lease.withdrawn(8);
    assertThat(done).containsExactly("stop 7");
  }

  @Test
  void h56_a_release_ends_it_and_the_services_stay() throws Exception {
    StartLease lease = lease();
    lease.grant(7, Duration.ofSeconds(1), new byte[0]);
    lease.released(7);
    Thread.sleep(1500);
    lease.withdrawn(7);
    assertThat(done).containsExactly("serve 7");
    assertThat(LeaseRecord.read(directory)).isEmpty();
  }

  @Test
  void h56_what_serves_stays_although_one_does_not_start() throws Exception {
    failures.set(1);
    StartLease lease = lease();
    lease.grant(7, Duration.ofSeconds(1), new byte[0]);
    lease.released(7);
    Thread.sleep(1500);
    assertThat(done).isEmpty();
    assertThat(LeaseRecord.read(directory)).isEmpty();
  }

  @Test
  void h56_a_release_that_becomes_known_too_late_starts_them_again() throws Exception {
    StartLease lease = lease();
    lease.grant(7, SHORT, new byte[0]);
    awaitDone("stop 7");
    TestingPatience.await("the record", () -> LeaseRecord.read(directory).orElseThrow().ended());
    StartLease afterDeath = lease();
    afterDeath.released(7);
    afterDeath.released(7);
    assertThat(done).containsExactly("stop 7", "serve 8");
  }

  @Test
  void h59_a_word_of_an_older_epoch_changes_nothing() throws Exception {
    StartLease lease = lease();
    lease.grant(7, LONG, new byte[0]);
    lease.withdrawn(6);
    lease.released(6);
    assertThat(done).isEmpty();
    assertThat(LeaseRecord.read(directory)).isPresent();
    lease.withdrawn(8);
    assertThat(done).containsExactly("stop 7");
  }

  @Test
  void h59_what_a_later_controller_has_decided_stays() throws Exception {
    StartLease lease = lease();
    lease.grant(7, LONG, new byte[0]);
    fenced = true;
    lease.withdrawn(7);
    fenced = false;
    lease.released(7);
    lease.withdrawn(7);
    assertThat(done).isEmpty();
  }

  @Test
  void another_one_takes_its_place_and_one_that_is_settled_ends_nothing() throws Exception {
    StartLease lease = lease();
    lease.grant(7, Duration.ofSeconds(1), new byte[0]);
    lease.grant(8, LONG, new byte[0]);
    Thread.sleep(1500);
    assertThat(done).isEmpty();
    lease.settle();
    lease.withdrawn(8);
    assertThat(done).isEmpty();
    assertThat(LeaseRecord.read(directory)).isEmpty();
  }

  @Test
  void h57_a_landing_that_begins_again_keeps_it_and_one_of_an_earlier_boot_is_over()
      throws Exception {
    LeaseRecord.from(7, Duration.ofSeconds(1), new byte[0]).write(directory);
    StartLease unused = lease();
    awaitDone("stop 7");
    TestingPatience.await("the record", () -> LeaseRecord.read(directory).orElseThrow().ended());
    new LeaseRecord(9, "another boot", Long.MAX_VALUE, false, new byte[0]).write(directory);
    StartLease afterBoot = lease();
    awaitDone("stop 7", "stop 9");
    afterBoot.released(9);
    assertThat(done).endsWith("serve 10");
  }

  @Test
  void a_stop_that_fails_is_tried_again_and_is_told_to_the_gate() throws Exception {
    failures.set(2);
    StartLease lease = lease();
    lease.grant(7, LONG, new byte[0]);
    assertThatThrownBy(() -> lease.withdrawn(7)).hasMessage("it does not stop");
    StartLease afterDeath = lease();
    afterDeath.grant(8, SHORT, new byte[0]);
    awaitDone("stop 8");
  }
}
