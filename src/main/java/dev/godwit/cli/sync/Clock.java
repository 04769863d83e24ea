package dev.godwit.cli.sync;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.zone.ZoneRules;

/** Times in local time, as rsync prints them: {@code 2026/11/20 11:49:21}. */
final class Clock {
  private final ZoneRules zone = ZoneId.systemDefault().getRules();

  /**
   * @param between what stands between date and time
   */
  void add(ByteText to, long secondsSince1970, char between) {
    int offset =
        zone.getOffset(java.time.Instant.ofEpochSecond(secondsSince1970)).getTotalSeconds();
    LocalDateTime time =
        LocalDateTime.ofEpochSecond(
            secondsSince1970, 0, java.time.ZoneOffset.ofTotalSeconds(offset));
    digits(to, time.getYear(), 4).add((byte) '/');
    digits(to, time.getMonthValue(), 2).add((byte) '/');
    digits(to, time.getDayOfMonth(), 2).add((byte) between);
    digits(to, time.getHour(), 2).add((byte) ':');
    digits(to, time.getMinute(), 2).add((byte) ':');
    digits(to, time.getSecond(), 2);
  }

  private static ByteText digits(ByteText to, int number, int count) {
    int from = to.length();
    to.add(number);
    // Years have at least four digits, the others two.
    int missing = count - (to.length() - from);
    if (missing > 0) {
      byte[] all = to.toBytes();
      to.clear();
      to.add(all, 0, from).add("000".substring(0, missing)).add(all, from, all.length - from);
    }
    return to;
  }
}
