package dev.godwit.move;

import dev.godwit.demo.LabHost;
import java.util.List;

/**
 * Old of a lab as one host with two places for its files, /srv/shared and /srv/local: a script
 * exchanges the links by which the services find them.
 */
final class TestingPlaces {
  static final String PLACE = "/usr/local/sbin/place";

  /** Each is a link in /srv into a folder of the place. */
  static final List<String> TREES = List.of("notes", "www", "vmail");

  static final String POINTS =
      """
      #!/bin/sh
      # place [NAME]: point the services at the trees of NAME, or say where they are pointed
      for link in /srv/notes /srv/www /srv/vmail; do
        if [ -n "$1" ]; then
          ln -sfnT "$1/${link##*/}" $link || exit 1
        else
          dirname "$(readlink $link)"
        fi
      done | sort -u
      """;

  private TestingPlaces() {}

  /** All files go to the shared place. The services do not run. */
  static void install(LabHost host) throws Exception {
    host.must("mkdir", "-p", "/srv/shared", "/srv/local");
    host.must("mv", "/srv/notes", "/srv/www", "/srv/shared");
    host.must("cp", "-a", "/var/vmail", "/srv/shared");
    host.must("umount", "/var/vmail");
    host.must("rmdir", "/var/vmail");
    host.must("ln", "-s", "../srv/vmail", "/var/vmail");
    host.writeFile(PLACE, POINTS, "rwxr-xr-x");
    host.must(PLACE, "shared");
  }

  /** Old of a move becomes such a host, whose services run, and the commands are typed there. */
  static LabHost control(TestingMove move) throws Exception {
    LabHost host = move.old();
    move.services().stop(host);
    install(host);
    move.services().start(host);
    move.controlFrom(host, plan(move.plannedServices()));
    return host;
  }

  /** Which place the services are pointed at. */
  static String now(LabHost host) throws Exception {
    return host.must(PLACE).strip();
  }

  /** From the shared place to the local one, typed on the host itself. */
  static String plan(String services) {
    return """
        move: home
        old: local
        new: same
        files:
          - { path: /srv/shared/notes, to: /srv/local/notes }
          - { path: /srv/shared/www, to: /srv/local/www }
          - { path: /srv/shared/vmail, to: /srv/local/vmail }
        place: { command: [%1$s, "{to}"], where: [%1$s], old: shared, new: local }
        limits: { hold: 20s, drain: 2s }
        """
            .formatted(PLACE)
        + services;
  }
}
