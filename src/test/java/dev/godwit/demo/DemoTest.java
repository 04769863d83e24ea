package dev.godwit.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The demo can fail: with a move by hand in Godwit's place it must say what was wrong. */
@Tag("lab")
class DemoTest {
  private static final Path SCRIPTS =
      Path.of("src/test/resources/dev/godwit/demo").toAbsolutePath();

  private @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @Test
  void a_move_by_hand_refuses_clients_and_is_not_good() throws Exception {
    JsonNode result = demo("move-by-hand");
    assertThat(result.get("failed").asInt()).isPositive();
    assertThat(result.get("lost").asInt()).isZero();
    assertThat(result.get("duplicated").asInt()).isZero();
    assertThat(result.get("different").asInt()).isZero();
    assertThat(result.get("files").asInt()).isGreaterThan(300);
    assertThat(result.get("hold_ms").asInt()).isEqualTo(1234);
    assertThat(result.get("protocols").propertyNames())
        .containsExactly("http_get", "http_post", "imap", "imap_long");
    assertThat(out.toString()).contains("new# godwit cutover --yes move.yaml", "NOT good");
    assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void a_move_that_loses_writes_is_found_out() throws Exception {
    JsonNode result = demo("move-by-hand-losing");
    assertThat(result.get("lost").asInt()).isPositive();
    assertThat(result.get("different").asInt()).isPositive();
  }

  @Test
  void a_missing_start_script_is_said() {
    DemoOptions options = new DemoOptions(300, null, false, false, List.of("/no/godwit"));
    assertThatThrownBy(() -> Demo.run(options, new PrintStream(out)))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("/no/godwit");
  }

  private JsonNode demo(String script) throws Exception {
    Path json = folder.resolve("result.json");
    DemoOptions options =
        new DemoOptions(300, json, false, false, List.of(SCRIPTS.resolve(script).toString()));
    assertThat(Demo.run(options, new PrintStream(out))).isEqualTo(1);
    return JsonMapper.shared().readTree(Files.readString(json));
  }
}
