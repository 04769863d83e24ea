package dev.godwit.report;

import dev.godwit.journal.Journal;
import dev.godwit.move.Starter;
import dev.godwit.move.Warnings;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Something that was found when the move was started, and did not keep it from starting; or that a
 * command told later, and that did not keep it from going on.
 *
 * @param code of the finding, as docs/check.md has it; of a warning, a word of {@link
 *     Warnings.Code}
 * @param remedy what to do about it; empty of a warning, which says it itself
 * @param at when a command told it; null when it was found at the start
 */
public record Remark(String code, String what, String remedy, @Nullable Instant at) {
  private static final String LEFT_BEHIND = Warnings.Code.LEFT_BEHIND.word();

  /**
   * What somebody has to do that the move does not: on old after the cut-over, on new for later.
   */
  private static final Set<String> BY_HAND =
      Set.of(
          "no-fence",
          "cron-job",
          "names-old-address",
          "not-at-boot",
          "address-at-boot",
          "address-not-at-boot",
          "certificate-ends",
          "certificate-differs",
          "port-not-in-plan",
          "udp-port",
          "firewall-refuses",
          "firewall-unclear",
          "security-differs",
          "writes-elsewhere",
          LEFT_BEHIND);

  static List<Remark> of(Journal journal) throws IOException {
    List<Remark> remarks = new ArrayList<>();
    for (String line : journal.fact(Starter.REMARKS_FACT).orElse("").split("\n", -1)) {
      String[] fields = line.split("\t", 3);
      if (fields.length == 3) {
        remarks.add(new Remark(fields[0], fields[1], fields[2], null));
      }
    }
    for (Warnings.Warning warning : Warnings.of(journal)) {
      remarks.add(new Remark(warning.code(), warning.what(), "", warning.at()));
    }
    return List.copyOf(remarks);
  }

  /** Whether a host was given up with what was put up there. */
  boolean isLeftBehind() {
    return code.equals(LEFT_BEHIND);
  }

  /** Whether something is left to do about it after the move. */
  boolean isByHand() {
    return BY_HAND.contains(code);
  }
}
