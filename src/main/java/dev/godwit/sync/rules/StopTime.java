package dev.godwit.sync.rules;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The time of {@code --stop-at}: {@code [[[y-]m-]d][Th][:m]} with parts left out; the next moment
 * that fits what is said.
 */
final class StopTime {
  /** Date with - or /, then perhaps a T and a time; or a time alone, which has a colon. */
  private static final Pattern FORM =
      Pattern.compile(
          "(?:(?:(\\d{1,5})[-/])?(\\d{1,2})[-/])?(\\d{1,2})(?:T(?:(\\d{1,2}):(\\d{1,2}))?)?");

  private static final Pattern TIME_ALONE = Pattern.compile("(\\d{1,2})?:(\\d{1,2})");

  private static final Pattern EPOCH = Pattern.compile("@\\d{1,15}");

  /** Long enough for the 29th of February and the 31st. */
  private static final int DAYS_MAX = 8 * 366 + 1;

  private StopTime() {}

  /**
   * @return seconds since 1970
   * @throws IllegalArgumentException when the text is none, or is over; the message says which
   */
  static long parse(String text, ZonedDateTime now) {
    if (EPOCH.matcher(text).matches()) {
      return Long.parseLong(text.substring(1)); // as date(1) takes it; what the other side is told
    }
    Matcher time = TIME_ALONE.matcher(text);
    if (time.matches()) {
      return timeAlone(time, now);
    }
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException("is no time such as 2026-12-31T23:59, 12-31 or 23:59");
    }
    int hour = number(form.group(4), 0);
    int minute = number(form.group(5), 0);
    int day = number(form.group(3), 0);
    int month = number(form.group(2), 0);
    int year = number(form.group(1), 0);
    if (form.group(1) != null && year < 100) {
      year += 2000;
    }
    check(hour <= 23 && minute <= 59 && day >= 1 && day <= 31 && month <= 12);
    check(form.group(2) == null || month >= 1);
    if (form.group(1) != null) {
      return future(at(year, month, day, hour, minute, now.getZone()), now);
    }
    LocalDateTime candidate =
        now.toLocalDateTime().truncatedTo(ChronoUnit.DAYS).withHour(hour).withMinute(minute);
    for (int i = 0; i <= DAYS_MAX; i++, candidate = candidate.plusDays(1)) {
      if (candidate.getDayOfMonth() == day
          && (month == 0 || candidate.getMonthValue() == month)
          && candidate.atZone(now.getZone()).isAfter(now)) {
        return candidate.atZone(now.getZone()).toEpochSecond();
      }
    }
    throw new IllegalArgumentException("is a day that never comes");
  }

  private static long timeAlone(Matcher time, ZonedDateTime now) {
    int minute = number(time.group(2), 0);
    int hour = number(time.group(1), -1);
    check(minute <= 59 && hour <= 23);
    ZonedDateTime candidate = now.truncatedTo(ChronoUnit.HOURS).withMinute(minute);
    if (hour >= 0) {
      candidate = candidate.withHour(hour);
    }
    if (!candidate.isAfter(now)) {
      candidate = hour >= 0 ? candidate.plusDays(1) : candidate.plusHours(1);
    }
    return future(candidate, now);
  }

  /** A day that the month does not have is one of the next. */
  private static ZonedDateTime at(int year, int month, int day, int hour, int minute, ZoneId zone) {
    return LocalDateTime.of(year, month, 1, hour, minute).plusDays(day - 1L).atZone(zone);
  }

  private static long future(ZonedDateTime time, ZonedDateTime now) {
    if (!time.isAfter(now)) {
      throw new IllegalArgumentException("is not in the future");
    }
    return time.toEpochSecond();
  }

  private static void check(boolean isValid) {
    if (!isValid) {
      throw new IllegalArgumentException("is no time such as 2026-12-31T23:59, 12-31 or 23:59");
    }
  }

  private static int number(String digits, int without) {
    return digits == null ? without : Integer.parseInt(digits);
  }
}
