package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.attributes.Owners;
import dev.godwit.sync.content.ChecksumKind;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The target's side of a copy between two hosts: takes what the source lists to {@link TreeUpdate},
 * as within one host.
 *
 * <p>Nothing is written that was not asked for, nothing outside of the target. Nothing is removed
 * but what the source has listed the directory of to its end.
 *
 * <p>Threads: the caller of {@link #run} receives, and one leads through the passes; in a series
 * the caller leads, and what comes is told by who receives for the series. Who leads compares and
 * writes too while there is nothing to lead, so that a small copy has no other; a pool compares
 * what is more, and each lane writes. All are over when it returns.
 */
final class TargetSide implements SeriesChannel.Listener {
  /** How often is looked whether only names are left that wait for others. */
  private static final long LEFT_MILLIS = 10;

  private final Channel channel;
  private final Endings.Words lastWords;
  private final Crew crew;

  /** Null in a series of copies. */
  private final @Nullable CopyRequest request;

  private final boolean isPull;

  /** Null for a single copy. */
  private final @Nullable SeriesTargetParts series;

  private final Rules rules;
  private final Parts parts;
  private final Owners owners;
  private final Inodes inodes;
  private final @Nullable ChecksumKind sums;
  private final Report report;
  private final Tally tally = new Tally();
  private final Answers answers;
  private final OrderedPool pool;
  private final Lanes lanes;
  private final int threads;

  /** What the source is to say that it tells; one of a series is only ever asked. */
  private final Sweep.Passes passes;

  private final FarTree tree;
  private final TargetDeltas deltas;

  // Guarded by this:
  private @Nullable Top top;

  /** Passes that the source has listed to their end, and that are done here. */
  private int passesListed;

  private int passesDone;
  private boolean over;
  private @Nullable Throwable failure;

  /** Who leads waits, or is about to, and does what there is meanwhile. */
  private boolean isHelping;

  /** What who leads is to do; null when there is nothing. */
  private @Nullable Runnable help;

  /** Who leads; null before it does. */
  private volatile @Nullable Thread leader;

  /** The time that was set is over: nothing more is begun. */
  private volatile boolean stopped;

  /** All is done, and the source was told so. */
  private volatile boolean finished;

  /** Made by the thread that leads, before any content can come. */
  private volatile @Nullable TreeUpdate update;

  /** What becomes of a directory that is listed; changes between passes. */
  private volatile Work work = (directory, listing, order) -> {};

  private interface Work {
    void on(TargetDirectory directory, Listing listing, long order);
  }

  /**
   * @param events told of what happens, by one thread at a time
   * @param lastWords with which the channel is failed when the copy cannot go on
   */
  /**
   * @param isPull the user's side of a copy, where rsync(1) makes nothing when nothing takes part
   */
  TargetSide(
      Channel channel,
      CopyRequest request,
      boolean isPull,
      CopyListener events,
      Endings.Words lastWords)
      throws CopyException {
    this(channel, request, isPull, Parts.of(request), null, events, lastWords);
  }

  /** A copy of a series. */
  TargetSide(
      Channel channel, SeriesTargetParts series, CopyListener events, Endings.Words lastWords)
      throws CopyException {
    this(channel, null, false, series.parts(), series, events, lastWords);
  }

  private TargetSide(
      Channel channel,
      @Nullable CopyRequest request,
      boolean isPull,
      Parts parts,
      @Nullable SeriesTargetParts series,
      CopyListener events,
      Endings.Words lastWords)
      throws CopyException {
    this.channel = channel;
    this.lastWords = lastWords;
    this.request = request;
    this.isPull = isPull;
    this.series = series;
    this.crew = series == null ? Crew.FRESH : series.crew();
    this.parts = parts;
    this.rules = parts.rules;
    this.report = new Report(events);
    this.answers = new Answers(channel);
    this.threads = TreeUpdate.threads(rules);
    this.pool =
        new OrderedPool(crew, "copy-compare", threads, this::flush, this::fail, this::takes);
    this.lanes =
        new Lanes(crew, this::writer, isCompressed(), this::flushAll, this::fail, this::takes);
    this.sums = rules.checksum ? parts.checksum() : null;
    this.owners = series == null ? parts.owners(true) : series.owners();
    this.inodes = parts.inodes(owners, report);
    this.passes = series == null ? Sweep.Passes.of(rules) : Telling.ASKED.passes();
    this.tree = new FarTree(rules, passes, parts.filters.source(), owners, tally, new TreeEvents());
    pool.start();
    this.deltas =
        new TargetDeltas(crew, rules, channel, answers, tree, this::flush, this::fail, this::takes);
  }

  Tally tally() {
    return tally;
  }

  /**
   * Serves the source until all is done.
   *
   * @return how it ended here; what the source could not do is in what it told
   */
  CopyResult run() throws CopyException, InterruptedException {
    Crew.Duty leader = crew.start("copy-lead", this::lead);
    Crew.Repeated teller = crew.repeat(this::tellProgress);
    try {
      for (byte[] message = channel.receive(); message != null; message = channel.receive()) {
        received(message);
      }
      over(null);
    } catch (WireException e) {
      over(e);
    } catch (InterruptedException | RuntimeException e) {
      fail(e);
      over(null);
    }
    boolean wasInterrupted = Thread.interrupted(); // what was begun is ended in any case
    leader.join();
    teller.close();
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
    return result();
  }

  /**
   * Whether there is anything to do yet: before, {@link #runToldWhatComes} would wait. The thread
   * that receives.
   */
  boolean hasBegun() {
    return tree.hasBegun();
  }

  /** The same for a copy of a series, which is told what comes. */
  void runToldWhatComes() throws CopyException, InterruptedException {
    Crew.Repeated teller = crew.repeat(this::tellProgress);
    lead();
    if (!finished) { // otherwise nothing comes but the end
      try {
        awaitOver();
      } catch (InterruptedException e) {
        fail(e); // which ends the series, and so this
        awaitOver();
        Thread.currentThread().interrupt();
      }
    }
    teller.close();
    var unused = result();
  }

  private synchronized void awaitOver() throws InterruptedException {
    while (!over) {
      wait();
    }
  }

  private CopyResult result() throws CopyException, InterruptedException {
    Throwable cause;
    synchronized (this) {
      cause = failure;
    }
    if (cause != null) {
      report.broken(tally.statistics());
      throw Endings.of(cause);
    }
    return report.result(tally.statistics());
  }

  @Override
  public void over(@Nullable WireException cause) {
    if (cause != null) {
      fail(cause);
    } else if (!finished) {
      fail(new WireException("the source ended before the copy was complete"));
    }
    synchronized (this) {
      over = true;
      notifyAll();
    }
  }

  @Override
  public void received(byte[] message) throws InterruptedException {
    if (finished) {
      return;
    }
    try {
      take(message);
    } catch (WireException | CopyException | RuntimeException e) {
      fail(e);
    }
  }

  private void take(byte[] message) throws WireException, CopyException, InterruptedException {
    CompactReader in = new CompactReader(message, 0);
    int type = in.u8();
    // That an argument is not there is known before all that is copied.
    if (type != Messages.TOP && type != Messages.SOURCE_ERROR && top() == null) {
      throw CompactReader.malformed("it begins with something else than what is copied");
    }
    switch (type) {
      case Messages.TOP -> begin(Top.read(in, owners));
      case Messages.LISTING -> {
        tally.listBytes.add(message.length);
        tree.listing(in);
      }
      case Messages.VALUES -> tree.values(in);
      case Messages.SUSPECTS -> tree.suspects(in);
      case Messages.CAME_FROM -> tree.cameFrom(in);
      case Messages.LEAVES_MISSING -> tree.leavesMissing(in);
      case Messages.REPLACED -> tree.replaced(in);
      case Messages.CONTENT -> {
        int lane = in.u8(series == null ? Messages.LANES_MAX - 1 : Messages.OFFERED);
        if (lane == Messages.OFFERED) {
          tree.offered(in);
        } else {
          lanes.add(lane, in);
        }
      }
      case Messages.SOURCE_ERROR -> {
        in.end();
        if (series == null && rules.incremental) {
          tree.sourceError();
          report.lateError();
        } else {
          report.sourceError();
        }
      }
      case Messages.LISTED -> {
        tree.listed(in.number(Long.MAX_VALUE), in.number(Long.MAX_VALUE));
        tally.seen.add(StatisticsFields.kinds(in));
        tally.sizeSum.add(in.number(Long.MAX_VALUE));
        in.end();
        synchronized (this) {
          passesListed++;
          notifyAll();
        }
      }
      default -> throw Messages.unexpected(type, "source");
    }
  }

  private synchronized @Nullable Top top() {
    return top;
  }

  private synchronized void begin(Top first) throws WireException {
    if (top != null) {
      throw CompactReader.malformed("it begins twice");
    }
    top = first;
    notifyAll();
  }

  private boolean isCompressed() throws CopyException {
    try {
      return LaneSender.compression(rules).isOn();
    } catch (IllegalArgumentException e) {
      throw new CopyException(CopyStatus.USAGE, String.valueOf(e.getMessage()));
    }
  }

  private ContentWriter writer() throws WireException {
    TreeUpdate known = update;
    if (known == null) {
      throw CompactReader.malformed("content of a file that was not asked for (H38)");
    }
    return new ContentWriter(tree, known, deltas, owners);
  }

  private final class TreeEvents implements FarTree.Events {
    @Override
    public void ready(TargetDirectory directory, Listing listing, long order) {
      pool.add(order, () -> work.on(directory, listing, order));
    }

    @Override
    public void whole(FarDirectory directory) {
      try {
        answers.whole(directory.number);
      } catch (WireException e) {
        fail(e);
      }
    }

    @Override
    public void done(FarDirectory directory) {
      try {
        answers.done(directory.number);
      } catch (WireException e) {
        fail(e);
      }
    }

    @Override
    public void unwanted() {
      flushAll();
    }

    @Override
    public void allDone() {
      synchronized (TargetSide.this) {
        passesDone++;
        TargetSide.this.notifyAll();
      }
    }
  }

  /** Leads through the passes, from what is copied as a whole to the end. */
  private void lead() {
    leader = Thread.currentThread();
    try {
      Top first = awaitTop();
      if (first != null) {
        lead(first);
      }
    } catch (WireException | CopyException | InterruptedException | RuntimeException | Error e) {
      fail(e);
    } finally {
      pool.clear();
      lanes.clear();
    }
  }

  private void lead(Top first) throws WireException, CopyException, InterruptedException {
    CopyRequest asked = request;
    if (asked == null || isWanted(asked.target(), first.shape())) {
      try (TargetTree target = target(first.shape())) {
        lead(first, target);
      }
    } else if (!isPull) {
      TargetTree.makeParents(asked.target(), asked.target(), rules, report);
    }
    synchronized (this) {
      if (failure != null) {
        return;
      }
    }
    answers.flush();
    finished = true; // what still comes is not wanted any more
    channel.send(new byte[] {Messages.FINISHED});
    if (series != null) {
      channel.finish(); // there is no result to come
    }
  }

  /** As rsync(1), which makes nothing on its own side when nothing comes. */
  private boolean isWanted(byte[] path, TargetShape shape) {
    return isPull && shape == TargetShape.NOTHING
        ? TargetTree.isDirectory(path)
        : TargetTree.isWanted(path, shape);
  }

  private boolean isStopped() {
    return stopped || series != null && series.custody().isHalted();
  }

  private TargetTree target(TargetShape shape) throws CopyException {
    SeriesTargetParts of = series;
    if (of == null) {
      return TargetTree.open(Objects.requireNonNull(request).target(), shape, rules, report);
    }
    try {
      return new TargetTree(of.root().beneath(Paths.NONE), null, false);
    } catch (LinuxException e) {
      throw new CopyException(
          CopyStatus.FILE_SELECTION, "the target cannot be opened again: " + e.reason());
    }
  }

  /** Nothing more is begun; what is under way is given up. */
  void stop() {
    synchronized (this) {
      stopped = true;
      notifyAll();
    }
    pool.clear();
    lanes.clear();
  }

  private void lead(Top first, TargetTree target)
      throws WireException, CopyException, InterruptedException {
    if (!passes.equals(first.order().passes())) {
      throw new CopyException(
          CopyStatus.PROTOCOL,
          "the two sides were asked for different things: the source tells its tree otherwise than"
              + " the target has to hear it; leave out what -M asks of one of them");
    }
    FarSource source =
        new FarSource(
            tree, answers, deltas, pool, threads, this::writer, sums, this::isStopped, this::fail);
    TreeUpdate updated = update(source, target);
    deltas.serves(updated, new ContentInodes(updated));
    pool.holdWhile(() -> updated.narrator.isFull() || tree.isAskedEnough(), tree::isAsked);
    try {
      int pass = 0;
      if (passes.before()) {
        if (!sweep(updated, Sweep.before(updated), ++pass)) {
          return;
        }
      }
      if (passes.links()) {
        if (!expectLinks(updated, ++pass)) {
          return;
        }
      } else if (series == null) {
        updated.preferStandingLinks();
      }
      update = updated;
      FileSums.Comparison comparison =
          series == null
              ? first.order().awaitsSums() ? sums(updated, target, first.order().key()) : null
              : series.sums() == null ? null : new FileSums.Comparison(updated, series.sums());
      work = (directory, listing, order) -> update(updated, comparison, directory, listing);
      InodeRecord self = first.self();
      SourceEntry entry = self == null ? null : SourceEntry.self(self.status(), self.attributes());
      enter(pass, updated.begin(entry, target));
      boolean isWhole = awaitCopy(updated, ++pass);
      lanes.finish();
      deltas.finish();
      pool.finish();
      if (!isWhole && !stopped) {
        return;
      }
      updated.end();
      if (passes.after() && isWhole) {
        pool.start();
        channel.send(new byte[] {Messages.LIST_AGAIN});
        if (!sweep(updated, Sweep.after(updated), ++pass)) {
          return;
        }
      }
      updated.remover.end();
    } finally {
      // Nothing may use it any more, also after a failure.
      pool.clear();
      lanes.clear();
      deltas.close();
      lanes.finish();
      deltas.finish();
      pool.finish();
      updated.close();
    }
  }

  private TreeUpdate update(FarSource source, TargetTree target) throws CopyException {
    SeriesTargetParts of = series;
    TemporaryNames temporaries = of == null ? new TemporaryNames() : of.temporaries();
    RunTrash trash = of == null ? RunTrash.of(rules, target.root()) : null;
    Filters filters = trash == null ? parts.filters : trash.guard(parts.filters);
    TreeUpdate made =
        new TreeUpdate(rules, report, tally, filters, inodes, target.root(), source, temporaries);
    made.runTrash = trash;
    made.tellsMunged = isPull;
    if (of == null) {
      byte[] path = Objects.requireNonNull(request).target();
      made.isAt(path);
      made.missingTarget = target.root() == null ? path : null;
      made.placement.backups().check();
      made.others = target.enter();
    } else {
      made.others = OtherRuns.seenFrom(of.root()); // one mark for all copies of the series
      made.custody = of.custody();
      inodes.keepWithin(of.custody().limits());
      made.lacking = of.lacking();
      made.tells = of.tells();
    }
    return made;
  }

  /** Tells the source whether sums of files are of use here; null when they are not. */
  private FileSums.@Nullable Comparison sums(
      TreeUpdate updated, TargetTree target, FileSums.@Nullable Key proposed) throws WireException {
    FileSums wanted = hasContent(target) ? parts.sums(proposed) : null;
    channel.send(FileSums.message(wanted));
    return wanted == null ? null : new FileSums.Comparison(updated, wanted);
  }

  /** Whether anything stands at the target that can be the same. */
  private static boolean hasContent(TargetTree target) {
    DirectoryHandle root = target.root();
    return root != null && !target.isNew() && target.onlyName() == null && hasContent(root);
  }

  static boolean hasContent(DirectoryHandle root) {
    try (DirectoryHandle listed = root.beneath(Paths.NONE)) {
      return listed.nextEntries() != null;
    } catch (LinuxException e) {
      return false; // who lists it to copy tells what is in the way
    }
  }

  private void update(
      TreeUpdate updated,
      FileSums.@Nullable Comparison comparison,
      TargetDirectory directory,
      Listing listing) {
    FarDirectory far = FarDirectory.of(listing);
    FileSums.Told sum = far.sum;
    if (sum == null) {
      updated.update(directory, listing);
      return;
    }
    Listing rest = comparison == null ? null : comparison.rest(directory, listing, sum);
    if (rest != null) {
      updated.update(directory, rest);
      return;
    }
    tree.askWhole(far);
    if (comparison != null && comparison.areInVain()) {
      try {
        channel.send(FileSums.message(null));
      } catch (WireException e) {
        fail(e);
      }
    }
  }

  /** Lets the first directory of a pass be worked on. {@link #await} follows. */
  private void enter(int pass, TargetDirectory directory) {
    synchronized (this) {
      isHelping = true;
    }
    tree.enter(tree.top(pass), directory);
  }

  /** As in {@link OrderedPool.Helper}: who leads does it when nothing is to be led. */
  private synchronized boolean takes(Runnable work) {
    if (!isHelping || help != null) {
      return false;
    }
    help = work;
    notifyAll();
    return true;
  }

  /** Returns whether it was done to its end. */
  private boolean sweep(TreeUpdate updated, Sweep sweep, int pass)
      throws CopyException, InterruptedException {
    work =
        (directory, listing, order) -> {
          if (sweep.isInAnyOrder()) {
            look(updated, sweep, directory, listing, order);
          } else {
            synchronized (sweep) {
              look(updated, sweep, directory, listing, order);
            }
          }
          listing.close();
        };
    enter(pass - 1, sweep.root());
    if (!await(pass)) {
      return false;
    }
    sweep.end(null);
    return true;
  }

  private void look(
      TreeUpdate updated, Sweep sweep, TargetDirectory directory, Listing listing, long order) {
    boolean isLookedAt =
        updated.hasRoot() && sweep.look(directory, listing, order)
            || sweep.lookAbsent(directory, listing);
    if (!isLookedAt) {
      return;
    }
    for (SourceEntry entry : listing.entries()) {
      SourceDirectory below = entry.below();
      if (below != null) {
        tree.enter(FarDirectory.of(below), sweep.below(directory, entry));
      }
    }
  }

  /** Takes the names of files that have several, so that the same one leads as with rsync. */
  private boolean expectLinks(TreeUpdate updated, int pass) throws InterruptedException {
    work =
        (directory, listing, order) -> {
          for (SourceEntry entry : listing.entries()) {
            SourceDirectory below = entry.below();
            if (below != null) {
              byte[] path = Paths.join(directory.path, entry.name());
              TargetDirectory next =
                  new TargetDirectory(path, directory, null, below, directory.node);
              tree.enter(FarDirectory.of(below), next);
            } else {
              updated.links.expect(entry, directory.path);
            }
          }
          listing.close();
        };
    enter(
        pass - 1,
        new TargetDirectory(Paths.NONE, null, null, null, new Narrator(report, false).root()));
    return await(pass);
  }

  /** As {@link #await}; names that still wait for one that never comes are gone on with. */
  private boolean awaitCopy(TreeUpdate updated, int number) throws InterruptedException {
    if (!rules.hardLinks || series != null) {
      return await(number);
    }
    while (!help(number, LEFT_MILLIS)) {
      boolean isListed;
      synchronized (this) {
        isListed = passesListed >= number && help == null;
      }
      // What is asked for between two looks may have come by the second, and keep the pool busy.
      long begun = tree.begun();
      if (isListed && !isUnderWay() && pool.isIdle() && tree.begun() == begun) {
        pool.addFirst(updated.links.left());
      }
    }
    return await(number);
  }

  /** Whether something comes that the pool will have to do with. */
  private boolean isUnderWay() {
    return tree.isAsked() || tree.areNamesComing();
  }

  private synchronized @Nullable Top awaitTop() throws InterruptedException {
    while (top == null && failure == null && !over) {
      wait();
    }
    return failure == null ? top : null;
  }

  /** Waits until so many passes are listed and done; false when that will not be. */
  private boolean await(int number) throws InterruptedException {
    while (!help(number, 0)) {
      // It has helped.
    }
    synchronized (this) {
      return isDone(number) && failure == null;
    }
  }

  /**
   * Does something of what there is, once there is.
   *
   * @param number of the passes that are waited for
   * @param millis so long at most is waited for something; 0 is without end
   * @return whether so many passes are listed and done, or will never be
   */
  private boolean help(int number, long millis) throws InterruptedException {
    Runnable work;
    boolean isIdle;
    synchronized (this) {
      isHelping = true;
      isIdle = help == null && !isOver(number);
    }
    if (isIdle) {
      flushAll();
    }
    synchronized (this) {
      if (help == null && !isOver(number)) {
        wait(millis);
      }
      work = help;
      help = null;
      isHelping = work == null && !isOver(number);
      if (work == null) {
        return isOver(number);
      }
    }
    work.run();
    return false;
  }

  /** With the monitor held. */
  private boolean isOver(int number) {
    return failure != null || over || stopped || isDone(number);
  }

  /** With the monitor held. */
  private boolean isDone(int number) {
    return passesListed >= number && passesDone >= number;
  }

  /** Tells several times a second how far it is, and stops in time. */
  private void tellProgress() {
    synchronized (this) {
      if (over || failure != null) {
        return;
      }
    }
    report.progress(tally.soFar());
    if (rules.stopAtSeconds != 0
        && System.currentTimeMillis() / 1000 >= rules.stopAtSeconds
        && !stopped
        && !finished) {
      report.failure(
          CopyStatus.TIMEOUT, Paths.HERE, "the time that was set is over; not all is copied");
      stop();
    }
  }

  /**
   * After each task: what the source may forget is told by who leads when it has nothing more to
   * do, since most copies of a series end with that.
   */
  private void flush() {
    if (Thread.currentThread() != leader) {
      flushAll();
      return;
    }
    try {
      answers.flushWanted();
    } catch (WireException e) {
      fail(e);
    }
  }

  /** The same after each message with content, of which there may be many. */
  private void flushAll() {
    try {
      answers.flush();
    } catch (WireException e) {
      fail(e);
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
    // Who leads may be the one who works, or who waits for what nobody does any more.
    pool.clear();
    lanes.clear();
    deltas.close();
  }
}
