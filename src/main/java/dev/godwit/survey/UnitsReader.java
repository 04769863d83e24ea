package dev.godwit.survey;

import dev.godwit.host.Systemctl;
import dev.godwit.survey.Units.Unit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Asks this host's systemd for {@link Units}, by {@code systemctl show}. */
final class UnitsReader {
  private static final int UNITS_MAX = 1_000;

  private static final String STATE = "Id,Names,LoadState,LoadError,ActiveState";

  /** Which stops go on to which units: systemd.unit(5), "Mapping of unit properties". */
  private static final String TIES =
      ",Requires,Requisite,BindsTo,Wants,RequiredBy,RequisiteOf,BoundBy,ConsistsOf,PropagatesStopTo"
          + ",TriggeredBy";

  private UnitsReader() {}

  /** Those of these names, and what is tied to them. */
  static Units read(List<String> names) throws IOException, InterruptedException {
    if (names.isEmpty() || !Systemctl.isThere()) {
      return Units.NONE;
    }
    List<Unit> units = new ArrayList<>();
    try {
      List<Unit> asked = show(new LinkedHashSet<>(names), STATE + TIES);
      List<Unit> stopped = asked;
      while (!stopped.isEmpty() && units.size() < UNITS_MAX) {
        units.addAll(stopped);
        Set<String> next = new LinkedHashSet<>();
        stopped.forEach(unit -> next.addAll(unit.stopsToo()));
        stopped = show(unseen(next, units), STATE + TIES);
      }
      Set<String> started = new LinkedHashSet<>();
      for (Unit unit : asked) {
        started.addAll(unit.requires());
        started.addAll(unit.wants());
        started.addAll(unit.triggers());
      }
      units.addAll(show(unseen(started, units), STATE));
      return new Units(units, "");
    } catch (IOException e) {
      return new Units(units, String.valueOf(e.getMessage()));
    }
  }

  private static Set<String> unseen(Set<String> names, List<Unit> seen) {
    Set<String> known = new HashSet<>();
    seen.forEach(unit -> known.addAll(unit.names()));
    names.removeAll(known);
    return names;
  }

  private static List<Unit> show(Set<String> names, String properties)
      throws IOException, InterruptedException {
    return units(Systemctl.show(names, properties));
  }

  static List<Unit> units(List<Map<String, String>> all) {
    return all.stream().map(UnitsReader::unit).toList();
  }

  private static Unit unit(Map<String, String> properties) {
    String active = properties.getOrDefault("ActiveState", "");
    return new Unit(
        words(properties, "Id", "Names"),
        properties.getOrDefault("LoadState", ""),
        Systemctl.loadError(properties.getOrDefault("LoadError", "")),
        !active.equals("inactive") && !active.equals("failed") && !active.equals("deactivating"),
        words(properties, "Requires", "Requisite", "BindsTo"),
        words(properties, "Wants"),
        words(properties, "RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf", "PropagatesStopTo"),
        words(properties, "TriggeredBy"));
  }

  /** Each name once, in this order. */
  static List<String> words(Map<String, String> properties, String... keys) {
    Set<String> words = new LinkedHashSet<>();
    for (String key : keys) {
      for (String word : properties.getOrDefault(key, "").split(" ")) {
        if (!word.isEmpty()) {
          words.add(word);
        }
      }
    }
    return List.copyOf(words);
  }
}
