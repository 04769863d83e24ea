package dev.godwit.report;

import dev.godwit.journal.Journal;
import dev.godwit.move.Starter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Something that was found when the move was started, and did not keep it from starting.
 *
 * @param code of the finding, as docs/check.md has it
 */
public record Remark(String code, String what, String remedy) {
  /**
   * What somebody has to do that the move does not: on old after the cut-over, on new for later.
   */
  private static final Set<String> BY_HAND =
      Set.of(
          "no-fence",
          "cron-job",
          "names-old-address",
          "certificate-ends",
          "certificate-differs",
          "port-not-in-plan",
          "udp-port",
          "firewall-refuses",
          "firewall-unclear",
          "security-differs",
          "writes-elsewhere");

  static List<Remark> of(Journal journal) throws IOException {
    List<Remark> remarks = new ArrayList<>();
    for (String line : journal.fact(Starter.REMARKS_FACT).orElse("").split("\n", -1)) {
      String[] fields = line.split("\t", 3);
      if (fields.length == 3) {
        remarks.add(new Remark(fields[0], fields[1], fields[2]));
      }
    }
    return List.copyOf(remarks);
  }

  /** Whether something is left to do about it after the move. */
  boolean isByHand() {
    return BY_HAND.contains(code);
  }
}
