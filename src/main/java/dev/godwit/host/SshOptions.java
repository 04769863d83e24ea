package dev.godwit.host;

import java.time.Duration;

/**
 * How a connection by ssh is made and watched.
 *
 * @param connectLimit how long the host may be silent at each stage until it answers
 * @param pingEvery as in {@link dev.godwit.wire.ConnectionSettings}
 * @param silenceMax as in {@link dev.godwit.wire.ConnectionSettings}
 * @param javaMin the oldest Java that the agent runs on
 * @param upload told while the agent's jar is being sent
 */
public record SshOptions(
    Duration connectLimit,
    Duration pingEvery,
    Duration silenceMax,
    int javaMin,
    UploadListener upload) {
  /** Hears of an upload, which is silent otherwise. */
  @FunctionalInterface
  public interface UploadListener {
    void sent(long bytes, long bytesTotal);
  }

  /** 30 s to connect, a ping every 2 s, lost after 10 s. */
  public static final SshOptions STANDARD =
      new SshOptions(
          Duration.ofSeconds(30),
          Duration.ofSeconds(2),
          Duration.ofSeconds(10),
          25,
          (bytes, bytesTotal) -> {});

  public SshOptions withUpload(UploadListener listener) {
    return new SshOptions(connectLimit, pingEvery, silenceMax, javaMin, listener);
  }

  public SshOptions withConnectLimit(Duration limit) {
    return new SshOptions(limit, pingEvery, silenceMax, javaMin, upload);
  }

  SshOptions withPings(Duration every, Duration silence) {
    return new SshOptions(connectLimit, every, silence, javaMin, upload);
  }

  SshOptions withJavaMin(int version) {
    return new SshOptions(connectLimit, pingEvery, silenceMax, version, upload);
  }
}
