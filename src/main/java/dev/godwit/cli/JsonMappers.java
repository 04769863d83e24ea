package dev.godwit.cli;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * How {@code --json} is written: one object, indented, keys in the order in which they were put.
 */
final class JsonMappers {
  private static final JsonMapper PRETTY =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private JsonMappers() {}

  static String pretty(Object value) {
    return PRETTY.writeValueAsString(value);
  }
}
