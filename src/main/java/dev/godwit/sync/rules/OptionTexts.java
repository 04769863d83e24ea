package dev.godwit.sync.rules;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The longer text of each option, for the manual page; in a resource ({@code options.txt}), as only
 * those who read the page need it.
 */
public final class OptionTexts {
  private final Map<String, List<String>> texts = new LinkedHashMap<>();

  private OptionTexts() {}

  public static OptionTexts read() {
    try (InputStream in = OptionTexts.class.getResourceAsStream("options.txt")) {
      String all =
          new String(
              Objects.requireNonNull(in, "options.txt is part of the jar").readAllBytes(),
              StandardCharsets.UTF_8);
      OptionTexts texts = new OptionTexts();
      texts.add(all);
      return texts;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void add(String all) {
    List<String> paragraphs = new ArrayList<>();
    StringBuilder paragraph = new StringBuilder();
    for (String line : (all + "\n\n").lines().toList()) {
      if (line.startsWith("@")) {
        paragraphs = new ArrayList<>();
        texts.put(line.substring(1), paragraphs);
      } else if (line.isEmpty()) {
        if (!paragraph.isEmpty()) {
          paragraphs.add(paragraph.toString());
          paragraph.setLength(0);
        }
      } else if (!line.startsWith("#")) {
        paragraph.append(paragraph.isEmpty() ? "" : " ").append(line);
      }
    }
    if (!paragraph.isEmpty()) {
      paragraphs.add(paragraph.toString());
    }
  }

  /** Its paragraphs; a literal stands between backquotes. */
  public List<String> of(SyncOption option) {
    List<String> text = texts.get(name(option));
    if (text == null || text.isEmpty()) {
      throw new IllegalStateException("options.txt says nothing of " + option.shown());
    }
    return text;
  }

  /** Of the options that have a text. */
  public List<String> names() {
    return List.copyOf(texts.keySet());
  }

  /** What the text is found by: the shown name without its hyphens. */
  static String name(SyncOption option) {
    return option.shown().replaceFirst("^-+", "");
  }
}
