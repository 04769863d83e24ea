package dev.godwit.forward.rules;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where something listens, for people: ports that follow each other are told as a range. */
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
        int port = Integer.parseInt(matched.group(2));
        if (!spans.isEmpty() && spans.getLast()[1] == port - 1) {
          spans.getLast()[1] = port;
        } else {
          spans.add(new int[] {port, port});
        }
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
          spans.forEach(s -> all.add(address + s[0] + (s[1] > s[0] ? "-" + s[1] : "")));
        });
    return String.join(", ", all);
  }
}
