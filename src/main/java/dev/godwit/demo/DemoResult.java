package dev.godwit.demo;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the demo has found out.
 *
 * @param holdMillis how long new connections were held, as Godwit reports it; -1 if it does not
 * @param commandFailures one line for each command that did not exit 0, and the like
 * @param clientSeen whether the service on new has the client's own address in its log
 */
public record DemoResult(
    List<ProtocolResult> protocols,
    long holdMillis,
    LedgerCheck ledger,
    TreeComparison trees,
    boolean clientSeen,
    List<String> commandFailures) {

  public int requests() {
    return protocols.stream().mapToInt(ProtocolResult::requests).sum();
  }

  public int failed() {
    return protocols.stream().mapToInt(ProtocolResult::failed).sum();
  }

  /** The slowest answer of all. */
  public Duration worst() {
    return protocols.stream()
        .map(ProtocolResult::worst)
        .max(Duration::compareTo)
        .orElse(Duration.ZERO);
  }

  /** Nothing failed, nothing was lost, doubled or different, and every command did its work. */
  public boolean isGood() {
    return failed() == 0
        && requests() > 0
        && ledger.acknowledged() > 0
        && ledger.lost() == 0
        && ledger.duplicated() == 0
        && trees.files() > 0
        && trees.different() == 0
        && clientSeen
        && commandFailures.isEmpty();
  }

  /** One JSON object, on one line, with a newline. */
  public String json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("requests", requests());
    all.put("failed", failed());
    all.put("worst_ms", millis(worst()));
    all.put("hold_ms", holdMillis);
    all.put("acknowledged", ledger.acknowledged());
    all.put("lost", ledger.lost());
    all.put("duplicated", ledger.duplicated());
    all.put("files", trees.files());
    all.put("different", trees.different());
    Map<String, Object> byProtocol = new LinkedHashMap<>();
    for (ProtocolResult result : protocols) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("requests", result.requests());
      one.put("failed", result.failed());
      one.put("p50_ms", millis(result.p50()));
      one.put("p99_ms", millis(result.p99()));
      one.put("worst_ms", millis(result.worst()));
      one.put("longest_gap_ms", millis(result.longestGap()));
      one.put("longest_gap_at", result.longestGapAt().toString());
      byProtocol.put(result.protocol(), one);
    }
    all.put("protocols", byProtocol);
    return JsonMapper.shared().writeValueAsString(all) + "\n";
  }

  /** The table for people, 80 columns wide at most. */
  public String table() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%-12s %9s %7s %9s %9s %9s %12s%n",
            "protocol",
            "requests",
            "failed",
            "p50 ms",
            "p99 ms",
            "worst ms",
            "longest gap"));
    for (ProtocolResult result : protocols) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-12s %9d %7d %9.1f %9.1f %9.1f %9.0f ms%n",
              result.protocol(),
              result.requests(),
              result.failed(),
              millis(result.p50()),
              millis(result.p99()),
              millis(result.worst()),
              millis(result.longestGap())));
    }
    text.append(
        String.format(
            Locale.ROOT, "%-12s %9d %7d %29.1f%n%n", "all", requests(), failed(), millis(worst())));
    text.append("hold                  ");
    text.append(holdMillis < 0 ? "not reported\n" : holdMillis + " ms\n");
    text.append(
        """
        acknowledged writes   %d, lost %d, duplicated %d
        files compared        %d, different %d
        new's log shows       %s
        """
            .formatted(
                ledger.acknowledged(),
                ledger.lost(),
                ledger.duplicated(),
                trees.files(),
                trees.different(),
                clientSeen
                    ? Lab.CLIENT_ADDRESS + ", the client's own address"
                    : "no request from the client's own address"));
    return text.toString();
  }

  /** The first things that are not as they should be, one a line. */
  public List<String> complaints() {
    List<String> lines = new java.util.ArrayList<>(commandFailures);
    for (ProtocolResult result : protocols) {
      result.reasons().forEach(reason -> lines.add(result.protocol() + ": " + reason));
    }
    lines.addAll(ledger.examples());
    lines.addAll(trees.examples());
    return lines;
  }

  private static double millis(Duration duration) {
    return Math.round(duration.toNanos() / 100_000.0) / 10.0;
  }
}
