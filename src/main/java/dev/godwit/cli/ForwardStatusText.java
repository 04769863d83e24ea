package dev.godwit.cli;

import dev.godwit.forward.rules.Ranges;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** A forwarder's status for people, or that of a move's gate, in lines that fit a terminal. */
final class ForwardStatusText {
  /** Who came last; all of them are in the JSON. */
  private static final int CALLERS_MAX = 5;

  private final Instant now;
  private final int width;
  private final StringBuilder text = new StringBuilder();

  ForwardStatusText(Instant now, int width) {
    this.now = now;
    this.width = Math.min(width, Terminal.TEXT_WIDTH);
  }

  String of(JsonNode status) {
    if (status.has("move")) {
      gate(status);
    } else {
      forwarder(status);
    }
    for (JsonNode group : status.get("groups")) {
      group(group);
    }
    return text.toString().stripTrailing();
  }

  /** Since when one drains it does not say, and the process's age is not that. */
  private void forwarder(JsonNode status) {
    String state = status.get("state").asString();
    String age = since(status.get("started"));
    line(
        0,
        "forwarder "
            + status.get("process").asLong()
            + " "
            + state
            + (state.equals("serving") ? " for " + age : ", began " + age + " ago")
            + ", "
            + connections(status));
  }

  private static String connections(JsonNode status) {
    return count(status, "connections")
        + " of at most "
        + count(status, "connections_max")
        + " connections";
  }

  /** The process's age is told apart from the mode: a hold begins long after the process. */
  private void gate(JsonNode status) {
    line(0, "gate of the move " + status.get("move").asString() + ": " + mode(status));
    String wayBack = status.get("way_back").asString();
    if (!wayBack.isEmpty()) {
      line(2, wayBack);
    }
    line(
        2,
        "process "
            + status.get("process").asLong()
            + ", which began "
            + since(status.get("started"))
            + " ago; "
            + connections(status));
    String rung = "by ";
    if (status.has("rung")) {
      int number = status.get("rung").asInt();
      rung = "on rung " + number + (number == 0 ? ", the best: " : " (0 is the best): ");
    }
    line(2, "gets at connections " + rung + status.get("way").asString());
  }

  private static String mode(JsonNode status) {
    String mode = status.get("gate_mode").asString();
    return switch (mode) {
      case "pass" -> "pass, new connections go to the services, past the gate";
      case "hold" ->
          "hold, new connections wait; "
              + Amounts.duration(Duration.ofMillis(status.get("lease_ms").asLong()))
              + " of its limit are left";
      case "going back" -> "going back, new connections wait for the services of this host";
      case "released" -> "released, new connections go to where the services are now";
      default -> mode;
    };
  }

  /** Of a hold; a gate says it of all its groups at once. */
  private static String left(long millis) {
    return millis == 0 ? "" : ", " + Amounts.duration(Duration.ofMillis(millis)) + " left";
  }

  private void group(JsonNode group) {
    text.append('\n');
    String mode =
        switch (group.get("mode").asString()) {
          case "hold" -> "  HELD" + left(group.path("lease_ms").asLong(0));
          case "drain" -> "  DRAINING";
          case "closed" -> "  CLOSED";
          default -> "";
        };
    line(0, group.get("name").asString() + "  " + listens(group) + mode);
    for (JsonNode place : group.get("to")) {
      place(place);
    }
    List<String> numbers = new ArrayList<>();
    numbers.add(count(group, "open") + " open");
    numbers.add(count(group, "held") + " held");
    numbers.add(count(group, "total") + " in all");
    numbers.add(count(group, "refused") + " refused");
    numbers.add(Amounts.bytes(group.get("bytes").asDouble()));
    if (group.get("udp_sessions").asInt() > 0) {
      numbers.add(several(group, "udp_sessions", "UDP client"));
    }
    if (group.get("datagrams_held").asInt() > 0) {
      numbers.add(several(group, "datagrams_held", "datagram") + " held");
    }
    if (group.get("open").asInt() + group.get("held").asInt() > 0) {
      Duration oldest = Duration.ofSeconds(group.get("oldest_seconds").asLong());
      numbers.add(
          "the oldest for " + (oldest.isZero() ? "less than 1 s" : Amounts.duration(oldest)));
    }
    line(2, String.join(", ", numbers));
    String why = group.get("client_address_why").asString();
    switch (group.get("client_address").asString()) {
      case "transparent" ->
          line(
              2,
              "the destination sees the clients' own addresses"
                  + (why.isEmpty() ? "" : ", but not all: " + why));
      case "plain" -> {
        // A forwarder that was started by an earlier version does not tell it.
        if (group.path("client_user").asString("own").equals("keep")) {
          line(2, "the destination sees the clients' own users");
        } else if (areUnix(group.path("to"))) {
          line(2, "the destination sees the same user for all clients");
        } else {
          line(2, "the destination sees this host's address" + (why.isEmpty() ? "" : ": " + why));
        }
      }
      default ->
          line(2, "the client's address is told by " + group.get("client_address").asString());
    }
    String kernel = group.get("kernel").asString();
    String relayed = group.get("kernel_why").asString();
    if (!kernel.isEmpty() || group.get("kernel_open").asInt() > 0) {
      String past = ("past this process " + kernel).strip();
      line(2, past + ": " + count(group, "kernel_open") + " open");
    } else if (!relayed.isEmpty()) {
      line(2, "everything is relayed: " + relayed);
    }
    for (Map.Entry<String, JsonNode> error : group.get("errors").properties()) {
      line(2, error.getKey() + ": " + Amounts.count(error.getValue().asDouble()));
    }
    callers(group.get("callers"));
  }

  private static String listens(JsonNode group) {
    List<String> all = new ArrayList<>();
    group.get("listen").forEach(l -> all.add(l.asString()));
    return all.isEmpty() ? "(listens no more)" : Ranges.display(all);
  }

  private void place(JsonNode place) {
    String name = place.get("destination").asString();
    List<String> addresses = new ArrayList<>();
    place.get("addresses").forEach(a -> addresses.add(a.asString()));
    String resolved =
        addresses.stream().filter(a -> !name.contains(a)).collect(Collectors.joining(", "));
    if (place.get("left").asBoolean()) {
      line(2, "LEFT " + name + "  " + count(place, "open") + " still open; new ones go elsewhere");
      return;
    }
    String state =
        place.get("up").asBoolean() ? "" : "  DOWN: " + place.get("last_error").asString();
    line(
        2,
        "-> "
            + name
            + (resolved.isEmpty() ? "" : " (" + resolved + ")")
            + "  "
            + count(place, "open")
            + " open, "
            + count(place, "total")
            + " in all"
            + state);
  }

  private void callers(JsonNode callers) {
    int shown = 0;
    for (JsonNode caller : callers) {
      if (shown == CALLERS_MAX) {
        line(2, "and " + (callers.size() - shown) + " more addresses; --json has them");
        return;
      }
      shown++;
      line(
          2,
          caller.get("address").asString()
              + " came "
              + since(caller.get("last_seen"))
              + " ago, "
              + count(caller, "total")
              + (caller.get("total").asLong() == 1 ? " time, " : " times, ")
              + count(caller, "open")
              + " open");
    }
  }

  private String since(JsonNode instant) {
    Duration past = Duration.between(Instant.parse(instant.asString()), now);
    return Amounts.duration(past.isNegative() ? Duration.ZERO : past);
  }

  private static String count(JsonNode object, String name) {
    return Amounts.count(object.get(name).asDouble());
  }

  private static String several(JsonNode object, String name, String what) {
    return count(object, name) + " " + what + (object.get(name).asInt() == 1 ? "" : "s");
  }

  private void line(int indent, String line) {
    text.append(Wrap.at(width, indent + 2, " ".repeat(indent) + line)).append('\n');
  }

  /** Whether a service is reached where it has users for its clients, and no addresses. */
  private static boolean areUnix(JsonNode destinations) {
    for (JsonNode place : destinations) {
      if (!place.get("destination").asString().startsWith("unix:")) {
        return false;
      }
    }
    return !destinations.isEmpty();
  }
}
