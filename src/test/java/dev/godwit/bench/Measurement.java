package dev.godwit.bench;

import java.time.Duration;
import java.util.List;

/**
 * One run of one program.
 *
 * @param wall from the start of the program to its end
 * @param processor of both ends, ssh and its server included
 * @param memory_bytes see {@link PeakMemory}
 * @param wire_bytes both directions, with ssh and TCP; 0 when the run is local
 * @param problems why the run does not count: a status other than 0, or what differs afterwards
 */
record Measurement(
    int round,
    Duration wall,
    RunGroup.Processor processor,
    long memory_bytes,
    long wire_bytes,
    List<String> problems) {
  double wall_s() {
    return seconds(wall);
  }

  double processor_s() {
    return seconds(processor.total());
  }

  static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
