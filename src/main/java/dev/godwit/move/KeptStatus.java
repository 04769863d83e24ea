package dev.godwit.move;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the background process keeps as a switch has left it, as it was at the last look.
 *
 * @param name {@code address} or {@code fences}
 * @param seen when; a few seconds ago
 * @param state one line for people
 * @param problems what is not as it is to be, or cannot be asked, with what to do
 * @param events what was put right or noticed since the process began, oldest first
 */
public record KeptStatus(
    String name, Instant seen, String state, List<String> problems, List<Event> events) {
  private static final int COUNT_MAX = 1000;
  private static final int TEXT_MAX = 64 * 1024;

  /** Something that happened, for people. */
  public record Event(Instant at, String what) {
    private static Event read(MessageReader in) throws WireException {
      return new Event(Instant.ofEpochMilli(in.u64()), in.text(TEXT_MAX));
    }

    private Map<String, Object> json() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("at", at.toString());
      object.put("what", what);
      return object;
    }
  }

  public KeptStatus {
    problems = List.copyOf(problems);
    events = List.copyOf(events);
  }

  /** For programs. */
  public Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("seen", seen.toString());
    object.put("state", state);
    object.put("as_wanted", problems.isEmpty());
    object.put("problems", problems);
    object.put("events", events.stream().map(Event::json).toList());
    return object;
  }

  void write(MessageWriter out) {
    out.text(name).u64(seen.toEpochMilli()).text(state).texts(problems);
    out.list(events, (w, event) -> w.u64(event.at().toEpochMilli()).text(event.what()));
  }

  static KeptStatus read(MessageReader in) throws WireException {
    return new KeptStatus(
        in.text(TEXT_MAX),
        Instant.ofEpochMilli(in.u64()),
        in.text(TEXT_MAX),
        in.texts(COUNT_MAX, TEXT_MAX),
        in.list(COUNT_MAX, Event::read));
  }
}
