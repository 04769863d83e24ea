package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Test;

final class AppointmentTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  @Test
  void a_time_that_is_over_today_is_tomorrows() {
    ZonedDateTime evening = ZonedDateTime.of(2026, 11, 20, 22, 15, 0, 0, BERLIN);
    assertThat(Appointment.next(LocalTime.of(3, 0), evening))
        .isEqualTo(ZonedDateTime.of(2026, 11, 21, 3, 0, 0, 0, BERLIN));
    assertThat(Appointment.next(LocalTime.of(22, 16), evening))
        .isEqualTo(ZonedDateTime.of(2026, 11, 20, 22, 16, 0, 0, BERLIN));
    assertThat(Appointment.next(LocalTime.of(22, 15), evening)).isEqualTo(evening.plusDays(1));
  }

  @Test
  void a_night_with_a_change_of_the_clock_has_the_time_that_clocks_show() {
    // 29 March 2026: at 02:00 it is 03:00.
    ZonedDateTime evening = ZonedDateTime.of(2026, 3, 28, 23, 0, 0, 0, BERLIN);
    ZonedDateTime at = Appointment.next(LocalTime.of(3, 30), evening);
    assertThat(at.toLocalTime()).isEqualTo(LocalTime.of(3, 30));
    assertThat(at.toInstant()).isEqualTo(evening.toInstant().plusSeconds(3 * 3600 + 1800));
  }
}
