package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The promise as a user sees it: the demo itself, there, back, and there again. */
@Tag("lab")
class DemoTest {
  private static final int LIMIT_SECONDS = 300;

  @TempDir Path folder;

  @Test
  void nothing_fails_nothing_is_lost_nothing_differs() throws Exception {
    Path json = folder.resolve("result.json");
    Path said = folder.resolve("said.txt");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of("godwit").toAbsolutePath().toString(),
            "demo",
            "--files",
            "3000",
            "--json",
            json.toString(),
            "--rollback");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process demo = builder.redirectErrorStream(true).redirectOutput(said.toFile()).start();
    demo.getOutputStream().close();
    boolean ended = demo.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      demo.destroy(); // its hosts end with it
    }
    String text = Files.readString(said);
    System.out.println(text);
    assertThat(ended).as("ended within %s s", LIMIT_SECONDS).isTrue();
    assertThat(demo.exitValue()).isZero();
    JsonNode result = JsonMapper.shared().readTree(Files.readString(json));
    assertThat(result.get("requests").asInt()).isGreaterThan(300);
    assertThat(result.get("acknowledged").asInt()).isGreaterThan(50);
    assertThat(result.get("files").asInt()).isGreaterThan(2900);
    for (String count : new String[] {"failed", "lost", "duplicated", "different"}) {
      assertThat(result.get(count).asInt()).as(count).isZero();
    }
    // How long is the benchmark's to say; past the limit of the hold it would have been taken back.
    assertThat(result.get("hold_ms").asDouble()).isBetween(1.0, 20_000.0);
    assertThat(result.get("worst_ms").asDouble()).isPositive();
    for (String protocol : new String[] {"http_get", "http_post", "imap", "imap_long"}) {
      JsonNode one = result.get("protocols").get(protocol);
      assertThat(one.get("requests").asInt()).as(protocol).isPositive();
      assertThat(one.get("failed").asInt()).as(protocol).isZero();
    }
    assertThat(text).contains("10.103.0.1, the client's own address");
    assertThat(text).contains("Rolled back: clients are served by old");
  }
}
