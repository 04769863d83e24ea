package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Every run of every row, for programs. Times are in seconds, sizes in bytes. */
final class JsonReport {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private JsonReport() {}

  static void write(
      Path file, String command, String date, Map<String, String> machine, List<RowResult> results)
      throws IOException {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("command", command);
    all.put("date", date);
    all.put("machine", machine);
    all.put("rows", results.stream().map(JsonReport::row).toList());
    Files.writeString(file, MAPPER.writeValueAsString(all) + "\n");
  }

  private static Map<String, Object> row(RowResult result) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("name", result.row().name());
    row.put("title", result.row().title());
    row.put("load", result.load());
    List<Object> goals = new ArrayList<>();
    for (Goal goal : result.row().goals()) {
      double figure = goal.figure(result);
      if (!Double.isNaN(figure)) {
        goals.add(Map.of("goal", goal.text(), "figure", figure, "met", goal.isMet(result)));
      }
    }
    row.put("goals", goals);
    Map<String, Object> programs = new LinkedHashMap<>();
    for (String label : result.labels()) {
      programs.put(label, result.runs(label).stream().map(JsonReport::run).toList());
    }
    row.put("programs", programs);
    return row;
  }

  private static Map<String, Object> run(Measurement run) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("round", run.round());
    fields.put("wall_s", run.wall_s());
    fields.put("user_s", Measurement.seconds(run.processor().user()));
    fields.put("system_s", Measurement.seconds(run.processor().system()));
    fields.put("memory_bytes", run.memory_bytes());
    fields.put("wire_bytes", run.wire_bytes());
    fields.put("problems", run.problems());
    return fields;
  }
}
