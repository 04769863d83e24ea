package dev.godwit.daemon;

import java.util.Locale;

/** Figures in Prometheus' text exposition format 0.0.4. For one thread. */
public final class MetricsText {
  private final StringBuilder text = new StringBuilder();
  private String name = "";

  /**
   * Begins a family of samples.
   *
   * @param type {@code gauge} or {@code counter}
   */
  public void family(String family, String type, String help) {
    name = family;
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  /**
   * One sample of the family that was begun last.
   *
   * @param labels name and value in turn
   */
  public void sample(long value, String... labels) {
    add(Long.toString(value), labels);
  }

  /**
   * The same of a time, which Prometheus wants in seconds.
   *
   * @param millis not negative
   */
  public void seconds(long millis, String... labels) {
    add(String.format(Locale.ROOT, "%d.%03d", millis / 1000, millis % 1000), labels);
  }

  private void add(String value, String... labels) {
    text.append(name);
    for (int i = 0; i < labels.length; i += 2) {
      text.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"");
      text.append(escaped(labels[i + 1])).append('"');
    }
    text.append(labels.length == 0 ? " " : "} ").append(value).append('\n');
  }

  private static String escaped(String label) {
    return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
