package dev.godwit.sync.copy;

/**
 * How a copy ended. Problems with single names do not end it; they make its status.
 *
 * @param failures how many were told
 */
public record CopyResult(CopyStatus status, CopyStatistics statistics, long failures) {}
