package dev.godwit.sync.copy;

import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A copy between two hosts, of which one or none is this one. A side that is here is served by this
 * thread, right on the channel to the far one; between two far ones messages are carried.
 */
final class RemoteCopy {
  private final Host source;
  private final Host target;
  private CopyRequest request;

  /** What was looked at of the source before the target's host was there; null for nothing. */
  private final @Nullable EarlyLook early;

  private final Report report;
  private final EventReader fromSource;
  private final EventReader fromTarget;

  /** To the other hosts. */
  private final List<TappedChannel> channels = new ArrayList<>();

  /** The figures that were told last. */
  private volatile CopyStatistics last = CopyStatistics.NONE;

  RemoteCopy(
      Host source,
      Host target,
      CopyRequest request,
      @Nullable EarlyLook early,
      CopyListener listener) {
    this.early = early;
    this.source = source;
    this.target = target;
    this.request = request;
    this.report = new Report(listener);
    this.fromSource = new EventReader(new Told(source, false));
    this.fromTarget = new EventReader(new Told(target, false));
  }

  /** What both sides tell, brought together: to the user, and into the status. */
  private final class Told implements CopyListener {
    private final Host host;
    private final boolean comesHere;

    /**
     * @param host whose side tells it
     * @param comesHere whether names that arguments lead to from the root on are told without it,
     *     as those that come from another host are in rsync(1)
     */
    Told(Host host, boolean comesHere) {
      this.host = host;
      this.comesHere = comesHere;
    }

    @Override
    public void item(Item item) {
      report.item(comesHere ? item.withoutRoot() : item);
    }

    @Override
    public void begins(Item item) {
      report.begins(comesHere ? item.withoutRoot() : item);
    }

    @Override
    public void note(int level, String text) {
      report.note(level, text);
    }

    @Override
    public void note(InfoFlag about, int level, String text) {
      report.note(about, level, text);
    }

    @Override
    public void checked(long names, boolean areAllKnown) {
      report.checked(names, areAllKnown);
    }

    @Override
    public void failure(Failure failure) {
      report.failure(failure.on(failure.isToldBySource() ? source : host));
    }

    @Override
    public void progress(CopyStatistics soFar) {
      last = soFar;
      report.progress(soFar);
    }

    @Override
    public void broken(CopyStatistics soFar) {
      last = soFar;
    }

    @Override
    public void fileProgress(byte[] path, long bytesDone, long bytesAll) {
      report.fileProgress(path, bytesDone, bytesAll);
    }
  }

  CopyResult run() throws CopyException, InterruptedException {
    request = request.resolved(null);
    CopyResult result;
    try {
      result = copy();
    } catch (CopyException | InterruptedException e) {
      report.broken(withTraffic(last));
      throw e;
    }
    report.status(result.status());
    return report.result(withTraffic(result.statistics()));
  }

  private CopyResult copy() throws CopyException, InterruptedException {
    if (request.rules().listOnly) {
      try (TappedChannel far = open(source, CopySourceAbility.NAME, fromSource)) {
        return names(far);
      }
    }
    if (target.isLocal()) {
      try (TappedChannel far = open(source, CopySourceAbility.NAME, fromSource)) {
        return atTarget(far);
      }
    }
    if (source.isLocal()) {
      try (TappedChannel far = open(target, CopyTargetAbility.NAME, fromTarget)) {
        return atSource(far);
      }
    }
    try (TappedChannel toTarget = open(target, CopyTargetAbility.NAME, fromTarget);
        TappedChannel toSource = open(source, CopySourceAbility.NAME, fromSource)) {
      return between(toSource, toTarget);
    }
  }

  private CopyStatistics withTraffic(CopyStatistics figures) {
    long sent = channels.stream().mapToLong(TappedChannel::sent).sum();
    long received = channels.stream().mapToLong(TappedChannel::received).sum();
    return new CopyStatistics(
        figures.seen(),
        figures.made(),
        figures.removed(),
        figures.transferred(),
        figures.sizeSum(),
        figures.sizeTransferred(),
        figures.literal(),
        figures.matched(),
        figures.listBytes(),
        sent,
        received,
        figures.nanos());
  }

  private TappedChannel open(Host host, String ability, EventReader events) throws CopyException {
    try {
      Channel channel = host.open(ability, new byte[] {Messages.VERSION});
      TappedChannel tapped = new TappedChannel(channel, events);
      channels.add(tapped);
      RequestMessages.send(request, tapped);
      return tapped;
    } catch (HostException e) {
      throw new CopyException(CopyStatus.START, String.valueOf(e.getMessage()));
    } catch (WireException e) {
      throw new CopyException(CopyStatus.STREAM, String.valueOf(e.getMessage()));
    }
  }

  /** The source alone, which tells its names (--list-only). */
  private CopyResult names(TappedChannel far) throws CopyException, InterruptedException {
    try {
      far.finish();
      if (far.receive() != null) {
        throw CompactReader.malformed("the source tells more than its names");
      }
    } catch (WireException e) {
      throw Endings.of(e);
    }
    return result(source, fromSource);
  }

  private CopyResult atTarget(TappedChannel far) throws CopyException, InterruptedException {
    CopyResult result =
        new TargetSide(far, request, true, new Told(target, true), Endings::toPeer).run();
    try {
      far.finish();
    } catch (WireException e) {
      throw Endings.of(e);
    }
    return result;
  }

  private CopyResult atSource(TappedChannel far) throws CopyException, InterruptedException {
    new SourceSide(far, request, early, new Told(source, false), () -> {}, Endings::toPeer).run();
    return result(target, fromTarget);
  }

  private CopyResult between(TappedChannel toSource, TappedChannel toTarget)
      throws CopyException, InterruptedException {
    try {
      new Carrier(toSource, toTarget).run();
    } catch (WireException e) {
      throw Endings.of(e);
    }
    return result(target, fromTarget);
  }

  private static CopyResult result(Host host, EventReader events) throws CopyException {
    CopyResult result = events.result();
    if (result == null) {
      throw new CopyException(CopyStatus.STREAM, host.name() + " ended the copy without a result");
    }
    return result;
  }
}
