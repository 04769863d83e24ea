package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.content.ChecksumKind;
import dev.godwit.sync.content.ContentKey;
import dev.godwit.sync.content.DeltaShape;
import dev.godwit.sync.content.RateLimiter;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The source's side of a copy between two hosts: lists what the request names and sends what the
 * target asks for of it, and nothing else.
 *
 * <p>Threads: the caller of {@link #run} lists, then reads files with the others that do; one
 * receives, and waits for nothing else: in a series the one that receives for all of it. All are
 * over when it returns.
 */
final class SourceSide implements SeriesChannel.Listener {
  private static final int READERS_MAX = 4;

  /** Files of one job. */
  private static final int JOB_FILES = 64;

  private static final int DELTAS_MAX = 256;

  /** What may wait in deltas together, in bytes. */
  private static final long WAITING_MAX = 256L << 20;

  private final Channel channel;
  private final Runnable beforeEnd;
  private final Endings.Words lastWords;
  private final Crew crew;

  /** Null in a series of copies. */
  private final @Nullable CopyRequest request;

  /** What was looked at before; null for nothing. */
  private final @Nullable EarlyLook early;

  private final Rules rules;
  private final Report report;

  /** Guarded by {@link #sender}. */
  private boolean isErrorTold;

  private final SourceAttributes attributes;
  private final OwnerNotes owners;
  private final Parts parts;
  private final @Nullable ChecksumKind sums;
  private final Lister lister;

  /** Names that several arguments have, each time but the first. */
  private final Tally seenAgain = new Tally();

  private final ListingWindow window = new ListingWindow();
  private final Map<Integer, SentListing> open = new ConcurrentHashMap<>();
  private final int readers =
      Math.clamp(Runtime.getRuntime().availableProcessors(), 2, READERS_MAX);
  private final JobQueue jobs = new JobQueue(readers);
  private final Map<Long, SourceDelta> deltas = new ConcurrentHashMap<>();

  /** What waits in deltas, in bytes. */
  private final AtomicLong waiting = new AtomicLong();

  private volatile @Nullable ContentKey key;
  private final Freshness freshness = new Freshness();
  private final SourceFiles files;
  private final LateRemovals removals;

  /** Locked while a listing is sent: what it says of owners counts for those that follow. */
  private final ListingSender sender;

  private final CountDownLatch finished = new CountDownLatch(1);

  /** Nothing more comes from the target. */
  private final CountDownLatch isOver = new CountDownLatch(1);

  private final List<Crew.Duty> reading = new ArrayList<>();
  private final RateLimiter limiter;

  /** What nobody has asked for; null where nothing is sent unasked. */
  private final @Nullable LaneSender offers;

  /** Of that, so far. */
  private int offeredBytes;

  /**
   * Whether a file that changes while it is read is sent as far as it went, and told of: the next
   * look is at it again.
   */
  private final boolean deliversUnstable;

  /** In a series of copies, what is sent right before the first listing. */
  private @Nullable Top head;

  private int nextNumber;
  private boolean listAgain;

  /** Whether the target has said if it wants sums. */
  private boolean areSumsSettled;

  private volatile @Nullable FileSums fileSums;
  private final Runnable sumsInVain;
  private volatile boolean complete;
  private volatile @Nullable Throwable failure;

  /**
   * @param early what was looked at before the other side was there; null for nothing
   * @param events told of failures and notes of this side, by one thread at a time
   * @param beforeEnd run when nothing more is told, before the channel is finished
   * @param lastWords with which the channel is failed when the copy cannot go on
   */
  SourceSide(
      Channel channel,
      CopyRequest request,
      @Nullable EarlyLook early,
      CopyListener events,
      Runnable beforeEnd,
      Endings.Words lastWords)
      throws CopyException {
    this(channel, request, early, Parts.of(request), null, events, beforeEnd, lastWords);
  }

  /** A copy of a series: for {@link #run(SourceDirectory, InodeRecord)}. */
  SourceSide(Channel channel, SeriesParts series, CopyListener events, Endings.Words lastWords)
      throws CopyException {
    this(channel, null, null, series.parts(), series, events, () -> {}, lastWords);
  }

  private SourceSide(
      Channel channel,
      @Nullable CopyRequest request,
      @Nullable EarlyLook early,
      Parts parts,
      @Nullable SeriesParts series,
      CopyListener events,
      Runnable beforeEnd,
      Endings.Words lastWords)
      throws CopyException {
    this.channel = channel;
    this.beforeEnd = beforeEnd;
    this.lastWords = lastWords;
    this.request = request;
    this.early = early != null && early.isFresh() ? early : null;
    this.parts = parts;
    this.rules = parts.rules;
    this.report = new Report(events);
    this.files = new SourceFiles(rules);
    this.removals =
        new LateRemovals(rules, files, request != null && request.removesWhatItReadsTwice());
    this.sums = rules.checksum ? parts.checksum() : null;
    this.attributes = parts.attributes();
    this.owners = new OwnerNotes(rules);
    this.sender =
        new ListingSender(
            channel, rules, owners, report, series == null ? null : series.overseer());
    if (series == null) {
      this.lister = Lister.counting(rules, attributes, report, seenAgain);
      this.crew = Crew.FRESH;
      this.limiter = new RateLimiter(rules.bandwidth);
      this.sumsInVain = () -> {};
    } else {
      this.lister = Lister.ofSeries(rules, attributes, report, series.overseer());
      this.crew = series.crew();
      this.limiter = series.limiter();
      this.fileSums = series.sums();
      this.sumsInVain = series.sumsInVain();
      FileStatus target = series.target();
      if (target != null) {
        lister.avoid(target);
      }
    }
    this.deliversUnstable = series != null;
    boolean offersFiles = series != null && !rules.dryRun && !LaneSender.compression(rules).isOn();
    this.offers = offersFiles ? LaneSender.ofOffers(channel, limiter) : null;
  }

  /** Only tells what there is (--list-only). */
  static CopyResult tellNames(CopyRequest request, CopyListener events) throws CopyException {
    Report report = new Report(events);
    Tally tally = new Tally();
    Parts parts = Parts.of(request);
    SourceAttributes attributes = parts.attributes();
    Lister lister = Lister.counting(request.rules(), attributes, report, tally);
    try (SourceArguments arguments = SourceArguments.of(request, parts.filters, report)) {
      new NameTeller(lister, attributes, report, tally).tell(arguments, arguments.top());
    }
    return report.result(tally.statistics());
  }

  /** Serves the target until it has all. */
  void run() throws CopyException, InterruptedException {
    Crew.Duty receiving = crew.start("copy-receive", this::receive);
    CopyRequest asked = java.util.Objects.requireNonNull(request);
    EarlyLook before = early;
    try (SourceArguments own =
        before == null ? SourceArguments.of(asked, parts.filters, report) : null) {
      serve(before == null ? java.util.Objects.requireNonNull(own) : before.arguments());
      awaitTarget();
    } catch (WireException | LinuxException | InterruptedException | RuntimeException e) {
      fail(e);
    }
    end(receiving);
  }

  /**
   * The same for one look of a series.
   *
   * @param top what is looked at
   * @param self of the root, when its own attributes are
   */
  void run(SourceDirectory top, @Nullable InodeRecord self)
      throws CopyException, InterruptedException {
    try {
      head = new Top(TargetShape.SEVERAL, Telling.ASKED, self);
      list(top, lister, sums);
      awaitTarget();
    } catch (WireException | LinuxException | InterruptedException | RuntimeException e) {
      fail(e);
    }
    end(this::awaitOver);
  }

  private void awaitTarget() throws WireException, InterruptedException {
    readToo();
    finished.await();
    awaitReaders(); // what is removed from the source is gone before this side ends
    if (failure == null) {
      removals.run(report);
      report.tellUnheard();
      beforeEnd.run();
      channel.finish();
    }
  }

  private void awaitReaders() throws InterruptedException {
    List<Crew.Duty> all;
    synchronized (reading) {
      all = List.copyOf(reading);
    }
    for (Crew.Duty reader : all) {
      reader.join();
    }
  }

  /** Reads with one more thread when those that there are have enough to do. */
  private void add(ContentReader.Job job) {
    jobs.add(job);
    synchronized (reading) {
      int number = reading.size();
      if (number < readers && !jobs.hasIdleReader()) {
        reading.add(crew.start("copy-read-" + number, () -> read(number)));
      }
    }
  }

  /** Reads with those who do, if they are not all yet: nobody has to be woken for one file. */
  private void readToo() {
    int number;
    synchronized (reading) {
      number = reading.size();
      if (number >= readers) {
        return;
      }
      reading.add(() -> {}); // it needs no joining
    }
    read(number);
  }

  private void end(Crew.Duty receiving) throws CopyException, InterruptedException {
    boolean wasInterrupted = Thread.interrupted();
    window.close();
    jobs.clear();
    receiving.join();
    awaitReaders();
    deltas.values().forEach(SourceDelta::close);
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
    Throwable cause = failure;
    if (cause != null) {
      throw Endings.of(cause);
    }
  }

  // For the readers.

  Rules rules() {
    return rules;
  }

  Report report() {
    return report;
  }

  ContentKey key() throws WireException {
    ContentKey known = key;
    if (known == null) {
      throw CompactReader.malformed("a delta is wanted before its key is known");
    }
    return known;
  }

  /** Messages for a delta are no longer waiting. */
  void taken(long bytes) {
    waiting.addAndGet(-bytes);
  }

  /** Nothing more is done for a delta. */
  void ended(SourceDelta delta) {
    deltas.remove(key(delta.listing.number, delta.index));
    for (byte[] left = delta.next(); left != null; left = delta.next()) {
      taken(left.length);
    }
    delta.listing.answered(delta.index);
    delta.close();
  }

  private static long key(int number, int index) {
    return (long) number << 32 | index;
  }

  /** Whether a file is not where it was listed any more. */
  boolean isGone(LinuxException e) {
    return SourceFiles.isGone(e) || deliversUnstable && Paths.isGone(e);
  }

  boolean deliversUnstable() {
    return deliversUnstable;
  }

  /** A file was sent although it changed while it was read (H13). */
  void unstable(SentListing listing, SourceEntry entry) {
    report.failure(CopyStatus.PARTIAL, listing.shown(entry), dev.godwit.sync.Problem.UNSTABLE);
  }

  SourceFiles files() {
    return files;
  }

  SourceAttributes attributes() {
    return attributes;
  }

  OwnerNotes owners() {
    return owners;
  }

  Freshness freshness() {
    return freshness;
  }

  private void serve(SourceArguments arguments)
      throws WireException, LinuxException, InterruptedException {
    EarlyLook before = early;
    SourceDirectory top = before == null ? arguments.top() : before.top();
    TargetShape shape =
        TargetShape.of(arguments, top, rules, attributes, !parts.filters.isEmpty(), () -> false);
    FileStatus self = arguments.self();
    InodeRecord inode =
        self == null ? null : new InodeRecord(self, arguments.selfAttributes(attributes, report));
    Telling order = Telling.of(rules, parts.filters, before == null ? null : before.sums().key());
    new Top(shape, order, inode).send(channel, owners);
    Lister quiet = new Lister(rules, attributes, report.quiet());
    Sweep.Passes passes = order.passes();
    if (passes.before()) {
      list(top, quiet, null);
    }
    if (passes.links()) {
      list(top, Lister.ofLinked(rules, attributes, report.quiet()), null);
    }
    if (order.awaitsSums()) {
      awaitSums();
    }
    if (before != null) {
      before.stop();
    }
    arguments.countAgain(seenAgain);
    list(top, lister, sums);
    if (passes.after() && awaitOrder()) {
      list(top, quiet, null);
    }
  }

  /** Waits until the target wants everything to be listed again; false when it does not. */
  private synchronized boolean awaitOrder() throws InterruptedException {
    while (!listAgain && !complete && failure == null) {
      wait();
    }
    return listAgain;
  }

  /** Waits until the target has said whether it wants sums of files. */
  private synchronized void awaitSums() throws InterruptedException {
    while (!areSumsSettled && !complete && failure == null) {
      wait();
    }
  }

  private PreparedListing prepared(
      SourceDirectory directory, Lister with, @Nullable ChecksumKind kind) {
    FileSums wanted = with == lister ? fileSums : null;
    PreparedListing summed = wanted == null ? null : summed(directory, wanted);
    return summed == null ? PreparedListing.of(with, directory, files, kind) : summed;
  }

  private @Nullable PreparedListing summed(SourceDirectory directory, FileSums wanted) {
    EarlyLook before = early;
    PreparedListing known = before == null ? null : before.take(directory, wanted);
    return known == null ? PreparedListing.summed(lister, directory, wanted) : known;
  }

  /**
   * Lists everything once, each directory before those in it.
   *
   * @param sums of the content that are told too; null for none
   */
  private void list(SourceDirectory top, Lister with, @Nullable ChecksumKind sums)
      throws WireException, LinuxException, InterruptedException {
    long directories = 0;
    long entries = 0;
    int threads = Runtime.getRuntime().availableProcessors() - 1;
    try (SourceWalk walk =
        new SourceWalk(top, nextNumber++, threads, one -> prepared(one, with, sums))) {
      for (SourceWalk.Step step = walk.next(); step != null; step = walk.next()) {
        Listing sent = send(step);
        if (complete || failure != null) {
          return;
        }
        directories++;
        entries += sent.entries().size();
        List<SourceDirectory> below = new ArrayList<>();
        for (SourceEntry entry : sent.entries()) {
          if (entry.below() != null) {
            below.add(entry.below());
          }
        }
        walk.enter(below, nextNumber);
        nextNumber += below.size();
      }
    }
    boolean isCopy = with == lister;
    synchronized (sender) {
      tellErrors(report.hasSourceError());
      sender.listed(directories, entries, isCopy ? seenAgain : new Tally());
    }
  }

  /**
   * Tells once that something could not be read, in the order of what is listed: whoever lists
   * ahead may have met it before.
   */
  private void tellErrors(boolean isNow) throws WireException {
    if (isNow && !isErrorTold) {
      isErrorTold = true;
      channel.send(new byte[] {Messages.SOURCE_ERROR});
    }
  }

  /** Sends a listing when there is room for it; returns it as it was sent. */
  private Listing send(SourceWalk.Step step)
      throws WireException, LinuxException, InterruptedException {
    long cost = ListingWindow.cost(step.prepared().listing());
    if (!window.open(cost)) {
      return step.prepared().listing();
    }
    synchronized (sender) {
      Top first = head;
      if (first != null) {
        head = null;
        first.send(channel, owners);
      }
      PreparedListing prepared = sender.prepare(step.prepared());
      Listing listing = prepared.listing();
      tellErrors(report.hasSourceError(listing.directory().path()));
      boolean isSummed = prepared.sum() != null;
      SentListing sent = new SentListing(step.number(), listing, cost, isSummed);
      open.put(step.number(), sent);
      LaneSender unasked = offers;
      if (unasked == null) {
        sender.send(step.number(), prepared, null);
      } else {
        try (ContentReader reader = new ContentReader(this, unasked)) {
          sender.send(step.number(), prepared, index -> offer(reader, sent, index));
        }
      }
      return listing;
    }
  }

  /** Sends a file that nobody has asked for, as long as that is not much. With the lock. */
  private void offer(ContentReader reader, SentListing sent, int index)
      throws WireException, InterruptedException {
    if (offeredBytes < ContentRecords.OFFERED_MAX) {
      offeredBytes += reader.offer(sent, index);
    }
  }

  /** Lists a directory as a whole of which only a sum of the files was sent. */
  private void sendWhole(SentListing sent) throws WireException, InterruptedException {
    PreparedListing whole = PreparedListing.whole(lister, sent.listing);
    synchronized (sender) {
      PreparedListing prepared = sender.prepare(whole);
      tellErrors(report.hasSourceError(prepared.listing().directory().path()));
      SentListing anew = new SentListing(sent.number, prepared.listing(), 0, false);
      anew.isReleased = true;
      open.put(sent.number, anew);
      sender.send(sent.number, prepared, null);
    }
  }

  private void receive() {
    try {
      for (byte[] bytes = channel.receive(); bytes != null; bytes = channel.receive()) {
        received(bytes);
      }
      over(null);
    } catch (WireException e) {
      over(e);
    }
  }

  @Override
  public void received(byte[] message) {
    try {
      take(new CompactReader(message, 0));
    } catch (WireException | RuntimeException e) {
      fail(e);
    }
  }

  @Override
  public void over(@Nullable WireException cause) {
    if (cause != null) {
      fail(cause);
    } else if (!complete) {
      fail(new WireException("the target ended before the copy was complete"));
    }
    isOver.countDown();
  }

  private void awaitOver() throws InterruptedException {
    isOver.await();
  }

  private void take(CompactReader in) throws WireException {
    int type = in.u8();
    switch (type) {
      case Messages.ANSWERS -> {
        while (in.remaining() > 0) {
          answer(in);
        }
      }
      case Messages.DELTA -> delta(in);
      case Messages.KEY -> {
        key = ContentKey.read(new MessageReader(in.rest()));
      }
      case Messages.SUMS -> {
        FileSums wanted = FileSums.read(in, rules, parts.filters);
        synchronized (this) {
          fileSums = wanted;
          areSumsSettled = true;
          notifyAll();
        }
        if (wanted == null) {
          sumsInVain.run();
        }
      }
      case Messages.LIST_AGAIN -> {
        in.end();
        synchronized (this) {
          listAgain = true;
          notifyAll();
        }
      }
      case Messages.FINISHED -> {
        in.end();
        synchronized (this) {
          complete = true;
          notifyAll();
        }
        window.close(); // it may be before the end: the time that was set is over
        jobs.close();
        finished.countDown();
      }
      default -> throw Messages.unexpected(type, "target");
    }
  }

  private void answer(CompactReader in) throws WireException {
    int type = in.u8();
    int number = in.number(Messages.DIRECTORIES_MAX);
    SentListing listing = open.get(number);
    if (listing == null) {
      throw CompactReader.malformed("an answer to a listing that is not open (H38)");
    }
    switch (type) {
      case Answers.WANT -> want(listing, in);
      case Answers.WANT_FROM -> {
        int index = in.number(Messages.ENTRIES_MAX);
        listing.want(index);
        long from = in.number(listing.entry(index).status().size());
        add(new ContentReader.Contents(listing, new int[] {index}, from));
      }
      case Answers.WANT_UNLESS -> {
        int index = in.number(Messages.ENTRIES_MAX);
        listing.want(index);
        byte[] sum = in.bytes(Answers.SUM_BYTES);
        add(new ContentReader.Unless(listing, index, sum));
      }
      case Answers.WANT_DELTA -> wantDelta(listing, in);
      case Answers.STOP_DELTA -> {
        SourceDelta delta = deltas.get(key(number, in.number(Messages.ENTRIES_MAX)));
        if (delta != null) {
          wake(delta, delta.stop());
        }
      }
      case Answers.REMOVE -> {
        int index = in.number(Messages.ENTRIES_MAX);
        if (!rules.removeSourceFiles) {
          throw CompactReader.malformed("nothing is to be removed from the source");
        }
        listing.remove(index);
        SourceEntry entry = listing.entry(index);
        if (!removals.keep(listing.listing, entry, listing.shown(entry))) {
          add(new ContentReader.Removal(listing, index));
        }
      }
      case Answers.DONE -> {
        open.remove(number);
        if (!listing.isReleased) {
          window.done(listing.cost);
        }
      }
      case Answers.WHOLE -> {
        if (!listing.isSummed || listing.isReleased) {
          throw CompactReader.malformed("a whole listing is wanted twice, or where there was one");
        }
        listing.isReleased = true;
        window.done(listing.cost);
        add(new ContentReader.Whole(listing));
      }
      case Answers.RELEASE -> {
        if (listing.isReleased) {
          throw CompactReader.malformed("a directory is released twice");
        }
        listing.isReleased = true;
        window.done(listing.cost);
      }
      default -> throw CompactReader.malformed("an answer of type " + type);
    }
  }

  private void want(SentListing listing, CompactReader in) throws WireException {
    int count = in.number(listing.listing.entries().size());
    int last = 0;
    for (int done = 0; done < count; ) {
      int[] indices = new int[Math.min(JOB_FILES, count - done)];
      for (int i = 0; i < indices.length; i++) {
        last = Math.toIntExact(Math.clamp(last + in.signed(), -1, Integer.MAX_VALUE));
        listing.want(last);
        indices[i] = last;
      }
      add(new ContentReader.Contents(listing, indices, 0));
      done += indices.length;
    }
  }

  private void wantDelta(SentListing listing, CompactReader in) throws WireException {
    int index = in.number(Messages.ENTRIES_MAX);
    boolean isInPlace = in.bool();
    MessageWriter shape = new MessageWriter(16);
    shape.u64(in.number(Long.MAX_VALUE)).u32(in.number(Integer.MAX_VALUE));
    listing.want(index);
    if (deltas.size() >= DELTAS_MAX) {
      throw CompactReader.malformed("too many deltas are wanted at once");
    }
    SourceDelta delta =
        new SourceDelta(
            listing, index, DeltaShape.read(new MessageReader(shape.toBytes())), isInPlace);
    deltas.put(key(listing.number, index), delta);
    add(new ContentReader.Delta(delta));
  }

  private void delta(CompactReader in) throws WireException {
    int number = in.number(Messages.DIRECTORIES_MAX);
    SourceDelta delta = deltas.get(key(number, in.number(Messages.ENTRIES_MAX)));
    if (delta == null) {
      return; // on its way when the delta ended here
    }
    byte[] content = in.rest();
    if (waiting.addAndGet(content.length) > WAITING_MAX) {
      throw CompactReader.malformed("more is told of deltas than was asked");
    }
    wake(delta, delta.post(content));
  }

  private void wake(SourceDelta delta, int reader) {
    if (reader >= 0) {
      jobs.add(reader, new ContentReader.Delta(delta));
    }
  }

  private void read(int number) {
    try {
      ContentReader.Job first = jobs.take(number);
      if (first != null) {
        read(number, first);
      }
    } catch (WireException | InterruptedException | RuntimeException | Error e) {
      fail(e);
    }
  }

  private void read(int number, ContentReader.Job first)
      throws WireException, InterruptedException {
    try (LaneSender lane = new LaneSender(channel, rules, limiter, number)) {
      ContentReader contents = new ContentReader(this, lane);
      DeltaReader deltaReader = new DeltaReader(this, contents, lane);
      for (ContentReader.Job job = first; job != null && failure == null; ) {
        switch (job) {
          case ContentReader.Contents some -> contents.send(some);
          case ContentReader.Unless one -> contents.send(one);
          case ContentReader.Removal one -> contents.remove(one);
          case ContentReader.Whole(SentListing one) -> sendWhole(one);
          case ContentReader.Delta(SourceDelta one) -> {
            one.begin(number);
            if (deltaReader.work(one)) {
              jobs.add(number, job);
            }
          }
        }
        job = jobs.poll(number);
        if (job == null) {
          contents.close();
          lane.flush(); // nobody waits for what is gathered here
          job = jobs.take(number);
        }
      }
      contents.close();
    }
  }

  /** The first reason counts. Ends all that waits. */
  private void fail(Throwable e) {
    synchronized (this) {
      if (failure != null) {
        return;
      }
      failure = e;
      notifyAll();
    }
    channel.fail(lastWords.of(e));
    window.close();
    jobs.clear();
    finished.countDown();
  }
}
