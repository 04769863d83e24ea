package dev.godwit.mirror;

import dev.godwit.host.Host;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.util.List;

/**
 * A mirror's claim on its target, for as long as this is open. It is made before the source is
 * asked a second time, so that of two mirrors that begin at once at least one sees the other.
 */
final class Claim implements AutoCloseable {
  private final Channel channel;

  private Claim(Channel channel) {
    this.channel = channel;
  }

  /**
   * @param wasMirrored whether the source was mirrored before
   * @throws AbsentException when the source is not there: nothing is done at the target
   * @throws IOException for people, when the mirror would go in a circle with others that run, or
   *     one of its trees lies in the other
   */
  static Claim of(MirrorJob job, Host source, Host target, boolean wasMirrored) throws IOException {
    CircleAbility.Origins origins = origins(job, source);
    if (!origins.isThere()) {
      throw new AbsentException(RootGuard.absence(Names.display(job.sourceRoot()), wasMirrored));
    }
    Channel channel = target.open(CircleAbility.NAME, claim(job, origins.locations()));
    try {
      byte[] answer = channel.receive();
      if (answer == null) {
        throw new WireException(target.name() + " gave no answer to " + CircleAbility.NAME);
      }
      CircleAbility.Claimed claimed = CircleAbility.Claimed.decode(answer);
      for (Location here : claimed.target()) {
        check(job, here, origins(job, source).locations());
      }
      if (!claimed.mounts().isEmpty()) {
        throw new MirrorException(
            RootGuard.shownObjection(
                Names.display(job.targetRoot()),
                PathText.of(claimed.mounts().getFirst()),
                Names.display(job.sourceRoot())));
      }
      return new Claim(channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static byte[] claim(MirrorJob job, List<Location> origins) {
    return CircleAbility.claim(job.targetRoot(), origins);
  }

  private static CircleAbility.Origins origins(MirrorJob job, Host source) throws IOException {
    return CircleAbility.Origins.decode(
        source.call(CircleAbility.NAME, CircleAbility.origins(job.sourceRoot())));
  }

  private static void check(MirrorJob job, Location target, List<Location> origins)
      throws MirrorException {
    for (int i = 0; i < origins.size(); i++) {
      if (target.overlaps(origins.get(i))) {
        String to = Names.display(job.targetRoot());
        String from = Names.display(job.sourceRoot());
        throw new MirrorException(
            i == 0
                ? "the target " + to + " and the source " + from + " lie in each other"
                : "the source "
                    + from
                    + " is the target of another mirror that comes from "
                    + to
                    + ": they go in a circle, and each would overwrite what the other has brought."
                    + " End one of them");
      }
    }
  }

  @Override
  public void close() {
    channel.close();
  }
}
