package dev.godwit.stage;

import dev.godwit.host.Ability;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;

/** What a rehearsal asks of the host's own trees: how they are, and that nothing is beside them. */
public final class StageTreesAbility implements Ability {
  static final String NAME = "stage.trees";
  static final int SEAL = 1;
  static final int TIDY = 2;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException {
    MessageReader in = new MessageReader(argument);
    int order = in.u8();
    StageRequest request = StageRequest.read(in);
    in.end();
    MessageWriter answer = new MessageWriter();
    switch (order) {
      case SEAL -> Seal.of(request.roots()).write(answer);
      case TIDY -> answer.u32(StageAbility.tidy(request));
      default -> throw new WireException("malformed message: unknown order " + order);
    }
    answer.sendTo(channel);
  }
}
