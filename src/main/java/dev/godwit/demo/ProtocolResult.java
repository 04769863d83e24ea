package dev.godwit.demo;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What the client saw of one protocol. Latencies count from when a request was due, not from when
 * it was sent: a stall shows in every request that had to wait for it.
 *
 * @param reasons of failures, the first few kinds, each with its count
 * @param longestGap between two good answers, and when it began
 */
public record ProtocolResult(
    String protocol,
    int requests,
    int failed,
    List<String> reasons,
    Duration p50,
    Duration p99,
    Duration worst,
    Duration longestGap,
    Instant longestGapAt) {}
