package dev.godwit.survey;

import dev.godwit.host.Ability;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;

/** Answers the questions of {@link SurveyClient} about this host. */
public final class SurveyAbility implements Ability {
  static final String NAME = "survey";

  /** The parts of a survey; the number is on the wire. */
  enum Part {
    SURROUNDINGS,
    RUNNING,
    SETTINGS,
    FIREWALL,
    TREE,
    KNOWN,
    LAUNCHERS,
    UNITS,
    MAIL_QUEUES,
    BOOT
  }

  /** The longest that a tree is measured, whatever is asked. */
  private static final Duration MEASURE_MAX = Duration.ofMinutes(10);

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader in = new MessageReader(argument);
    int part = in.u8();
    in.end();
    byte[] question = SurveyClient.joined(channel);
    if (part >= Part.values().length) {
      throw new WireException("malformed message: no part of a survey is numbered " + part);
    }
    Record answer =
        switch (Part.values()[part]) {
          case SURROUNDINGS -> SurroundingsReader.read();
          case RUNNING -> RunningReader.read();
          case SETTINGS -> SettingsReader.read();
          case FIREWALL ->
              FirewallReader.read(RecordCodec.decode(SurveyClient.Ports.class, question).ports());
          case TREE -> {
            SurveyClient.TreeQuestion asked =
                RecordCodec.decode(SurveyClient.TreeQuestion.class, question);
            Duration limit = Duration.ofMillis(Math.max(0, asked.limitMillis()));
            yield TreeReader.read(asked, limit.compareTo(MEASURE_MAX) > 0 ? MEASURE_MAX : limit);
          }
          case LAUNCHERS -> LaunchersReader.read();
          case MAIL_QUEUES -> MailQueuesReader.read();
          case UNITS ->
              UnitsReader.read(RecordCodec.decode(SurveyClient.Names.class, question).names());
          case BOOT -> BootReader.read(RecordCodec.decode(Boot.Question.class, question));
          case KNOWN -> KnownReader.read(RecordCodec.decode(Known.Question.class, question));
        };
    byte[] encoded = RecordCodec.encode(answer);
    for (int at = 0; at < encoded.length; at += Channel.MESSAGE_BYTES_MAX) {
      channel.send(encoded, at, Math.min(Channel.MESSAGE_BYTES_MAX, encoded.length - at));
    }
  }
}
