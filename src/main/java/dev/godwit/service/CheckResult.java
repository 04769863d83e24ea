package dev.godwit.service;

import java.time.Duration;

/**
 * What a check found.
 *
 * @param said what the service answered, or why there was no answer; one line, for people
 */
public record CheckResult(boolean passed, String said, Duration took) {}
