package dev.godwit.draft;

import dev.godwit.survey.Launchers.Launcher;
import dev.godwit.survey.Running.Proc;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something on old that serves clients, or works on the same data.
 *
 * @param name for the plan
 * @param server which of the servers whose configuration is known; empty for another
 * @param unit of systemd; empty without one
 * @param container that it runs in; empty for none
 * @param launcher the script that starts it, where there is no unit; null when none was found
 * @param ports TCP ports that clients reach
 * @param localPorts that only this host's programs reach
 * @param udpPorts likewise, UDP
 * @param processes all that belong to it
 */
record Serving(
    String name,
    String server,
    String unit,
    String container,
    @Nullable Launcher launcher,
    List<Integer> ports,
    List<Integer> localPorts,
    List<Integer> udpPorts,
    List<Proc> processes) {

  /** How the plan starts it is known. */
  boolean isControlled() {
    return container.isEmpty() && (!unit.isEmpty() || launcher != null);
  }
}
