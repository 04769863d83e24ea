package dev.godwit.cli;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * How {@code --json} is written: one object, indented, keys in the order in which they were put.
 */
final class JsonMappers {
  private static final JsonMapper PRETTY =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private static final JsonMapper LINE = JsonMapper.builder().build();

  private JsonMappers() {}

  /** One object on one line, for output that goes on. */
  static String line(Object value) {
    return LINE.writeValueAsString(value);
  }

  static String pretty(Object value) {
    return PRETTY.writeValueAsString(value);
  }
}
