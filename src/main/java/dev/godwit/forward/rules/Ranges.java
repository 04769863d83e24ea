package dev.godwit.forward.rules;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Ports for people: those that follow each other are told as a range. */
public final class Ranges {
  private static final Pattern WITH_PORT = Pattern.compile("(.*:)([0-9]{1,5})");

  private Ranges() {}

  /** {@code *:9000, *:9001, *:9002} as {@code *:9000-9002}. */
  public static String display(List<String> listens) {
    Map<String, List<int[]>> byAddress = new LinkedHashMap<>();
    for (String listen : listens) {
      Matcher matched = WITH_PORT.matcher(listen);
      if (matched.matches()) {
        List<int[]> spans = byAddress.computeIfAbsent(matched.group(1), a -> new ArrayList<>());
        add(spans, Integer.parseInt(matched.group(2)));
      } else {
        byAddress.put(listen, List.of());
      }
    }
    List<String> all = new ArrayList<>();
    byAddress.forEach(
        (address, spans) -> {
          if (spans.isEmpty()) {
            all.add(address);
          }
          spans.forEach(span -> all.add(address + text(span)));
        });
    return String.join(", ", all);
  }

  /** {@code 110, 993, 994, 995} as {@code 110,993-995}. */
  static String ofPorts(List<Integer> ports) {
    List<int[]> spans = new ArrayList<>();
    ports.forEach(port -> add(spans, port));
    return spans.stream().map(Ranges::text).collect(Collectors.joining(","));
  }

  private static void add(List<int[]> spans, int port) {
    if (!spans.isEmpty() && spans.getLast()[1] == port - 1) {
      spans.getLast()[1] = port;
    } else {
      spans.add(new int[] {port, port});
    }
  }

  private static String text(int[] span) {
    return span[1] > span[0] ? span[0] + "-" + span[1] : String.valueOf(span[0]);
  }
}
