package dev.godwit.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is a message in a queue and what is not, from queues that Exim and Sendmail themselves have
 * written; each recording tells how many messages its program counted. Postfix's is in {@code
 * QueueMoveTest}, alive.
 */
final class QueuesTest {
  /** "daemon", whom every Debian has as number 1, and a number of another host. */
  private static final int HERE = 1;

  private static final int THERE = 60_123;

  @TempDir Path folder;

  private Queue queue(Queue.Kind kind) {
    return new Queue(kind, folder.toString(), Duration.ofMillis(100));
  }

  /**
   * Makes the queue that was recorded.
   *
   * @return how many messages its program counted
   */
  private int lay(String recording) throws IOException {
    int messages = -1;
    for (String line : Files.readAllLines(resource(recording))) {
      if (line.startsWith("messages ")) {
        messages = Integer.parseInt(line.substring("messages ".length()));
      } else if (line.endsWith("/")) {
        Files.createDirectories(folder.resolve(line));
      } else if (!line.startsWith("#")) {
        Files.createDirectories(folder.resolve(line).getParent());
        Files.writeString(folder.resolve(line), "x");
      }
    }
    return messages;
  }

  private static Path resource(String recording) {
    return Path.of("src/test/resources/dev/godwit/service/queue-" + recording + ".txt");
  }

  @ParameterizedTest
  @CsvSource({
    "EXIM, exim",
    "EXIM, exim-split",
    "SENDMAIL, sendmail",
    "SENDMAIL, sendmail-held",
  })
  void as_many_messages_as_the_program_counts(Queue.Kind kind, String recording) throws Exception {
    int messages = lay(recording);
    assertThat(messages).isPositive();
    Queues.Count count = Queues.awaitQuiet(queue(kind), Duration.ofMillis(100));
    assertThat(count.messages()).isEqualTo(messages);
    assertThat(count.inDelivery()).isZero();
  }

  /** One that is being accepted has no -H or qf yet, and is no message that a program counts. */
  @ParameterizedTest
  @CsvSource({
    "EXIM, exim, input/1xUZu3-0003CB-1O-D",
    "EXIM, exim, input/1xUZu4-0003ZZ-1O-D",
    "SENDMAIL, sendmail, q2/qf6AL1YtJX014971",
    "SENDMAIL, sendmail, q2/df6AL1YtZZ014971",
  })
  void a_message_whose_file_somebody_writes_is_being_accepted_or_delivered(
      Queue.Kind kind, String recording, String file) throws Exception {
    int messages = lay(recording);
    Process process =
        new ProcessBuilder("sh", "-c", "exec 3>>\"$1\"; echo; exec cat", "sh", folder + "/" + file)
            .start();
    try (var out = process.getInputStream()) {
      assertThat(out.read()).isEqualTo('\n');
      assertThat(Queues.count(queue(kind))).isEqualTo(new Queues.Count(messages, 1));
      // It comes to an end while that is waited for.
      Thread end =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      Thread.sleep(300);
                      process.getOutputStream().close();
                    } catch (IOException | InterruptedException e) {
                      throw new IllegalStateException(e);
                    }
                  });
      Queue patient = new Queue(kind, folder.toString(), Duration.ofSeconds(20));
      assertThat(Queues.awaitQuiet(patient, patient.drain()))
          .isEqualTo(new Queues.Count(messages, 0));
      end.join();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void a_queue_that_is_not_there_holds_nothing() throws Exception {
    assertThat(Queues.count(queue(Queue.Kind.EXIM))).isEqualTo(new Queues.Count(0, 0));
    assertThat(Queues.count(queue(Queue.Kind.SENDMAIL))).isEqualTo(new Queues.Count(0, 0));
  }

  /** The Exim specification, the ACL modifier "queue": each has an input of its own. */
  @Test
  void the_named_queues_of_exim_move_and_count_too() throws Exception {
    int messages = lay("exim");
    Path named = Files.createDirectories(folder.resolve("slow/input"));
    Files.writeString(named.resolve("1xUZu3-0003Cq-2Z-H"), "x");
    Files.writeString(named.resolve("1xUZu3-0003Cq-2Z-D"), "x");
    assertThat(Queues.count(queue(Queue.Kind.EXIM)).messages()).isEqualTo(messages + 1);
    assertThat(Queue.Kind.EXIM.isMoved("slow")).isTrue();
  }

  @Test
  void what_is_no_part_of_a_queue_does_not_move() {
    assertThat(queue(Queue.Kind.EXIM).excludes())
        .containsExactly(
            "- /log",
            "- /exim-process.info",
            "- /exim_daemon_notify",
            "- /gnutls-params-2048",
            "- /scan");
    assertThat(queue(Queue.Kind.SENDMAIL).excludes()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"EXIM, exim-split, log/mainlog", "SENDMAIL, sendmail, ''"})
  void what_was_carried_gets_the_owners_of_this_host(
      Queue.Kind kind, String recording, String stays) throws Exception {
    int messages = lay(recording);
    List<Path> all = new ArrayList<>();
    try (var paths = Files.walk(folder)) {
      paths.forEach(all::add); // the queue's own directory too, which its agent may have to enter
    }
    for (Path path : all) {
      own(path, THERE);
    }
    String said = Queues.settle(queue(kind), owners("daemon"));
    assertThat(said).startsWith(messages + " messages in " + folder).contains("owners put right");
    for (Path path : all) {
      String name = folder.relativize(path).toString();
      boolean isPart = stays.isEmpty() || !name.startsWith("log");
      assertThat(owner(path)).as(name).isEqualTo(isPart ? HERE : THERE);
    }
    assertThat(Queues.settle(queue(kind), owners("daemon"))).doesNotContain("put right");
  }

  @Test
  void an_owner_whom_this_host_does_not_know_is_an_error_and_changes_nothing() throws Exception {
    lay("exim");
    Path message = folder.resolve("input");
    own(message, THERE);
    assertThatThrownBy(() -> Queues.settle(queue(Queue.Kind.EXIM), owners("no-such-user")))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("belong to the user no-such-user, whom this host does not know");
    assertThat(owner(message)).isEqualTo(THERE);
  }

  private static Queues.Owners owners(String user) {
    return new Queues.Owners(Map.of(THERE, user), Map.of());
  }

  private static void own(Path path, int uid) throws IOException {
    Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
  }

  private static int owner(Path path) throws IOException {
    return (int) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
  }
}
