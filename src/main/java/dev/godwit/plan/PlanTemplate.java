package dev.godwit.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The commented plan that {@code godwit init} writes; a valid plan as it stands. */
public final class PlanTemplate {
  private PlanTemplate() {}

  public static String text() {
    try (InputStream in = PlanTemplate.class.getResourceAsStream("move.yaml")) {
      byte[] bytes = Objects.requireNonNull(in, "move.yaml is part of the jar").readAllBytes();
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
