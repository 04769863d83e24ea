package dev.godwit.sync.copy;

import dev.godwit.linux.Names;
import dev.godwit.sync.attributes.Owners;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The directories of a source on another host that are listed or will be. Takes listings apart,
 * brings each together with the target's directory that it is for, and knows when all are done.
 *
 * <p>A directory is known from the listing that it is in until its files are done here, or until it
 * is clear that nothing of it is wanted.
 */
final class FarTree {
  /** What happens with directories. Called without any lock. */
  interface Events {
    /** It is listed and may be worked on. */
    void ready(TargetDirectory target, Listing listing, long order);

    /** All of it is to be listed. */
    void whole(FarDirectory directory);

    /** Its files are done: the source may forget it. */
    void done(FarDirectory directory);

    /**
     * One of which nothing is wanted has come and is done. Nobody works on it who would tell the
     * source afterwards, which may be waiting for nothing else.
     */
    void unwanted();

    /** All directories of a pass are done. */
    void allDone();
  }

  /** What a directory takes in memory while it is known, roughly, in bytes. */
  private static final int DIRECTORY_BYTES = 512;

  /** Of content that was not asked for, in bytes. */
  private static final int OFFERED_BYTES_MAX =
      ContentRecords.OFFERED_MAX + Channel.MESSAGE_BYTES_MAX;

  /** So many directories are asked for as a whole at a time: the window does not count them. */
  private static final int WHOLES_MAX = 64;

  private static final int SUM_MAX = 64;
  private static final int XATTR_NAME_MAX = 255;
  private static final int XATTR_VALUE_MAX = 64 * 1024;

  /** What an entry takes that is packed, beside the text of a link, roughly, in bytes. */
  private static final int PACKED_BYTES = 64;

  /**
   * So many files may be asked for and not here. As many as the window has names; only one
   * directory that is larger than that asks for more.
   */
  private static final int ASKED_MAX = 32 * 1024;

  /** For all listings and directories that are known, in bytes. */
  private final long memoryMax = Runtime.getRuntime().maxMemory() / 2;

  /** So much of a listing is counted at a time. */
  private static final long PAID_AT_ONCE = 64 * 1024;

  /** Around a copy. */
  private final int passesMax;

  private final Rules rules;
  private final Events events;
  private final FilterScope scope;
  private final Owners owners;
  private final Tally tally;
  private final Map<Integer, FarDirectory> known = new HashMap<>();
  private final List<FarDirectory> tops = new ArrayList<>();

  /** Whether something could not be read before what is listed now. The thread that receives. */
  private boolean hasErrors;

  /** How many are known of each pass. */
  private final List<Integer> open = new ArrayList<>();

  private final AtomicLong begun = new AtomicLong();
  private final AtomicInteger asked = new AtomicInteger();
  private int next;
  private long listed;

  /** What was offered so far. The thread that receives. */
  private int offeredBytes;

  /** Files that may be here under other names. The thread that receives. */
  private int renamed;

  private long entriesListed;
  private long openCost;

  /** What the listings that count take here, in bytes. */
  private long held;

  private int wholesAsked;

  /** Of those, how many are not listed yet. */
  private final AtomicInteger wholesComing = new AtomicInteger();

  /** What is still to be asked for as a whole. */
  private final Deque<FarDirectory> wholesWaiting = new ArrayDeque<>();

  FarTree(
      Rules rules,
      Sweep.Passes passes,
      FilterScope scope,
      Owners owners,
      Tally tally,
      Events events) {
    this.passesMax =
        (passes.before() ? 1 : 0) + (passes.links() ? 1 : 0) + (passes.after() ? 1 : 0);
    this.rules = rules;
    this.scope = scope;
    this.owners = owners;
    this.tally = tally;
    this.events = events;
    begin();
  }

  /** The source begins to list everything, perhaps once more. */
  private void begin() {
    open.add(0);
    tops.add(add(tops.size(), false));
  }

  private FarDirectory add(int pass, boolean isPartial) {
    FarDirectory directory = new FarDirectory(next++, pass, isPartial);
    known.put(directory.number, directory);
    open.set(pass, open.get(pass) + 1);
    return directory;
  }

  /**
   * The first directory of a pass.
   *
   * @param pass counted from 0; not later than the one after the last that is listed
   */
  synchronized FarDirectory top(int pass) {
    return tops.get(pass);
  }

  /** Whether the first directory of the first pass is listed. The thread that receives. */
  synchronized boolean hasBegun() {
    return tops.getFirst().isListed;
  }

  /** Something could not be read: what is listed from now on counts as not complete (H28). */
  void sourceError() {
    hasErrors = true;
  }

  SourceDirectory source(FarDirectory directory) {
    return new SourceDirectory(Paths.NONE, List.of(directory), scope, rules.recursive);
  }

  /** Takes a part of a listing; what follows the message's type. */
  void listing(CompactReader in) throws WireException, CopyException {
    FarDirectory directory = find(in.number(Messages.DIRECTORIES_MAX));
    boolean isLast = in.bool();
    boolean isContent = in.bool();
    boolean isComplete = in.bool();
    OwnerNotes.read(in, owners);
    List<SourceEntry> entries = coming(directory);
    if (in.bool()) {
      if (directory.isWhole || directory.sum != null || !entries.isEmpty()) {
        throw CompactReader.malformed("a sum where all files are to be");
      }
      directory.sum = FileSums.Told.read(in);
    }
    int count = in.u32(Messages.ENTRIES_MAX);
    List<FarDirectory> children = new ArrayList<>(directory.children);
    EntryRecords records = new EntryRecords(rules);
    long cost = entries.isEmpty() ? ListingWindow.DIRECTORY_COST : 0;
    long memory = cost;
    for (int i = 0; i < count; i++) {
      SourceEntry entry =
          records.read(
              in,
              entries.size(),
              directory.values(entries.size()),
              (name, isPartial) -> {
                if (directory.isWhole) {
                  return announced(directory, name);
                }
                FarDirectory child = announce(directory.pass, isPartial);
                children.add(child);
                return source(child);
              });
      if (!entries.isEmpty() && Listing.compare(entries.getLast(), entry) >= 0) {
        throw CompactReader.malformed("the names of a listing are not in order");
      }
      entries = with(entries, entry, directory);
      if (rules.checksum && entry.isFile()) {
        directory.addSum(entry.place(), in.bytes(SUM_MAX));
      }
      int costOfEntry = ListingWindow.cost(entry);
      cost += costOfEntry;
      boolean isPacked = entries instanceof PackedEntries && !entry.isDirectory();
      memory += isPacked ? PACKED_BYTES + entry.linkText().length : costOfEntry;
      if (cost >= PAID_AT_ONCE) {
        pay(directory, cost, memory);
        cost = 0;
        memory = 0;
      }
    }
    in.end();
    directory.children = children;
    pay(directory, cost, memory);
    if (isLast) {
      complete(directory, entries, isContent, isComplete);
    }
  }

  /** Adds an entry; a listing that has become very long is packed. */
  private static List<SourceEntry> with(
      List<SourceEntry> entries, SourceEntry entry, FarDirectory directory) {
    List<SourceEntry> all = entries;
    if (entries.size() == EntryGatherer.RUN && !(entries instanceof PackedEntries)) {
      all = new PackedEntries((name, place) -> directory.values(place));
      all.addAll(entries);
      directory.entries = all;
    }
    all.add(entry);
    return all;
  }

  /** Takes values of extended attributes that were too large for the listing that is coming. */
  void values(CompactReader in) throws WireException, CopyException {
    FarDirectory directory = find(in.number(Messages.DIRECTORIES_MAX));
    List<SourceEntry> entries = coming(directory);
    while (in.remaining() > 0) {
      int index = in.number(entries.size() - 1);
      byte[] attribute = in.bytes(XATTR_NAME_MAX);
      byte[] value = in.bytes(XATTR_VALUE_MAX);
      pay(directory, value.length, value.length);
      directory.putValue(index, attribute, value);
    }
  }

  /** Takes which files of the listing that is coming are in doubt (H19). */
  void suspects(CompactReader in) throws WireException {
    FarDirectory directory = find(in.number(Messages.DIRECTORIES_MAX));
    List<SourceEntry> entries = coming(directory);
    int index = -1;
    while (in.remaining() > 0) {
      index += 1 + in.number(entries.size() - 1);
      if (index >= entries.size()) {
        throw CompactReader.malformed("a suspect that is not listed");
      }
      directory.addSuspect(index);
    }
  }

  /** Takes that directories of the listing that is coming are left out where they are lacking. */
  void leavesMissing(CompactReader in) throws WireException {
    FarDirectory directory = find(in.number(Messages.DIRECTORIES_MAX));
    in.end();
    var unused = coming(directory);
    directory.leavesMissing = true;
  }

  /** Takes that the directory of the listing that is coming has replaced another one. */
  void replaced(CompactReader in) throws WireException {
    FarDirectory directory = find(in.number(Messages.DIRECTORIES_MAX));
    in.end();
    var unused = coming(directory);
    directory.isReplaced = true;
  }

  /** Takes a file of the listing that is coming, which is wanted or not. */
  void offered(CompactReader in) throws WireException {
    CompactReader record = in.copy();
    int length = in.remaining();
    if (in.u8() != ContentRecords.WHOLE) {
      throw CompactReader.malformed("something else than a whole file is offered");
    }
    FarDirectory directory = find(in.number(Messages.DIRECTORIES_MAX));
    List<SourceEntry> entries = coming(directory);
    int index = in.number(Messages.ENTRIES_MAX);
    boolean isListed = index < entries.size() && entries.get(index).isFile();
    if (!isListed || directory.sum != null || directory.isWhole) {
      throw CompactReader.malformed("a file is offered that is not listed, or may be listed anew");
    }
    offeredBytes += length;
    if (offeredBytes > OFFERED_BYTES_MAX) {
      throw CompactReader.malformed("more is offered than is allowed (H40)");
    }
    directory.offer(index, record);
  }

  /** Takes where files of the listing that is coming may be under other names. */
  void cameFrom(CompactReader in) throws WireException {
    FarDirectory directory = find(in.number(Messages.DIRECTORIES_MAX));
    List<SourceEntry> entries = coming(directory);
    int index = -1;
    while (in.remaining() > 0) {
      index += 1 + in.number(entries.size() - 1);
      boolean isExchanged = in.bool();
      byte[] from = in.bytes(SeriesFrames.PATH_BYTES_MAX);
      if (index >= entries.size() || !Names.isPathBelow(from) || ++renamed > Look.CAME_FROM_MAX) {
        throw CompactReader.malformed("a file that cannot have been renamed");
      }
      directory.cameFrom(index, new OldName(from, isExchanged));
    }
  }

  /** What has come so far of a listing that is not complete. */
  private static List<SourceEntry> coming(FarDirectory directory) throws WireException {
    if (directory.isListed) {
      throw CompactReader.malformed("a directory is listed twice");
    }
    List<SourceEntry> entries = directory.entries;
    if (entries == null) {
      entries = new ArrayList<>();
      directory.entries = entries;
    }
    return entries;
  }

  private synchronized FarDirectory find(int number) throws WireException {
    FarDirectory directory = known.get(number);
    if (directory == null) {
      throw CompactReader.malformed("a listing of a directory that is not known");
    }
    return directory;
  }

  private static SourceDirectory announced(FarDirectory directory, byte[] name)
      throws WireException {
    SourceDirectory known = directory.announced.get(ByteBuffer.wrap(name));
    if (known == null) {
      throw CompactReader.malformed("a directory that the listing with the sum did not have");
    }
    return known;
  }

  private synchronized FarDirectory announce(int pass, boolean isPartial) throws WireException {
    if (next == Messages.DIRECTORIES_MAX) {
      throw CompactReader.malformed("too many directories");
    }
    return add(pass, isPartial);
  }

  /**
   * Checks what is held before more is taken: the source is to keep to the window (H40).
   *
   * @param cost as the source counts it
   * @param memory what it takes here
   */
  private synchronized void pay(FarDirectory directory, long cost, long memory)
      throws WireException, CopyException {
    directory.cost += cost;
    directory.held += memory;
    held += memory;
    if (!directory.isWhole) {
      openCost += cost;
    }
    if (openCost > ListingWindow.COST_MAX && openCost != directory.cost) {
      throw CompactReader.malformed("more is listed than there is room for");
    }
    if (held + (long) known.size() * DIRECTORY_BYTES > memoryMax) {
      throw new CopyException(
          CopyStatus.MEMORY,
          "the names of one directory do not fit into the memory of this process; allow it more"
              + " (-Xmx)");
    }
  }

  private void complete(
      FarDirectory directory, List<SourceEntry> entries, boolean isContent, boolean isComplete)
      throws WireException {
    if (!directory.isWhole) {
      directory.isAfterError = hasErrors; // what is asked for comes again, and out of order
    }
    Listing listing =
        new Listing(
            source(directory),
            scope,
            entries,
            isContent,
            isComplete && !directory.isAfterError,
            List.of(),
            List.of(),
            () -> close(directory),
            false);
    TargetDirectory target;
    synchronized (this) {
      directory.entries = null;
      directory.isListed = true;
      directory.listing = listing;
      if (!directory.isWhole) {
        directory.arrival = listed++;
        entriesListed += entries.size();
      }
      if (directory.isDead) {
        target = null;
      } else {
        target = directory.target;
        if (target == null) {
          return; // its parent is not that far yet
        }
      }
    }
    if (target == null) {
      close(directory);
      events.unwanted();
    } else {
      events.ready(target, listing, directory.arrival);
    }
    if (directory.isWhole) {
      wholesComing.decrementAndGet(); // what it brings is in the pool
    }
  }

  /** The target goes on with a directory. */
  void enter(FarDirectory directory, TargetDirectory target) {
    Listing listing;
    synchronized (this) {
      directory.target = target;
      listing = directory.listing;
    }
    if (listing != null) {
      events.ready(target, listing, directory.arrival);
    }
  }

  /**
   * The files of a directory are not those of its sum: asks for all of it. Then it is worked on
   * once more.
   */
  void askWhole(FarDirectory directory) {
    boolean isNow;
    synchronized (this) {
      Listing rest = Objects.requireNonNull(directory.listing);
      Map<ByteBuffer, SourceDirectory> announced = new HashMap<>();
      for (SourceEntry entry : rest.entries()) {
        SourceDirectory below = entry.below();
        if (below != null) {
          announced.put(ByteBuffer.wrap(entry.name()), below);
        }
      }
      directory.announced = announced;
      directory.isWhole = true;
      directory.isReleased = true;
      openCost -= directory.cost;
      directory.cost = 0;
      forget(directory);
      directory.sum = null;
      directory.listing = null;
      directory.isListed = false;
      isNow = wholesAsked < WHOLES_MAX;
      if (isNow) {
        wholesAsked++;
      } else {
        wholesWaiting.add(directory);
      }
    }
    if (isNow) {
      whole(directory);
    }
  }

  private void whole(FarDirectory directory) {
    begun.incrementAndGet();
    wholesComing.incrementAndGet();
    events.whole(directory);
  }

  /**
   * The directory may stay for long: others must not wait for it.
   *
   * @return false when that was so already
   */
  synchronized boolean release(FarDirectory directory) {
    if (directory.isReleased) {
      return false;
    }
    directory.isReleased = true;
    openCost -= directory.cost;
    forget(directory);
    return true;
  }

  /** What is held of it counts no more. */
  private void forget(FarDirectory directory) {
    held -= directory.held;
    directory.held = 0;
  }

  /** The content of a file is asked for. */
  void asked() {
    begun.incrementAndGet();
    asked.incrementAndGet();
  }

  /** It has come, or does not, and all that follows from that is in the pool. */
  void came() {
    asked.decrementAndGet();
  }

  /** Whether so much is on its way that nothing more is to be asked for. Any thread. */
  boolean isAskedEnough() {
    return asked.get() >= ASKED_MAX;
  }

  /** Whether content is on its way. */
  boolean isAsked() {
    return asked.get() > 0;
  }

  /** Whether names may come that nobody here has seen: of a directory that is asked for whole. */
  boolean areNamesComing() {
    return wholesComing.get() > 0;
  }

  /**
   * How often {@link #isAsked} or {@link #areNamesComing} has become true or stayed so: who has
   * seen neither at two moments knows by this whether there was something between them.
   */
  long begun() {
    return begun.get();
  }

  /** Nothing of a directory is wanted, but its names count. */
  synchronized void count(FarDirectory directory) {
    directory.isCounted = true;
  }

  /** The files of a directory are done, or nothing of it is wanted. */
  private void close(FarDirectory directory) {
    List<FarDirectory> done = new ArrayList<>();
    boolean isAll;
    synchronized (this) {
      close(directory, done);
      isAll = open.get(directory.pass) == 0;
    }
    for (FarDirectory one : done) {
      events.done(one);
      FarDirectory next = one.isWhole ? nextWhole() : null;
      if (next != null) {
        whole(next);
      }
    }
    if (isAll) {
      events.allDone();
    }
  }

  private synchronized @Nullable FarDirectory nextWhole() {
    FarDirectory next = wholesWaiting.poll();
    if (next == null) {
      wholesAsked--;
    }
    return next;
  }

  private void close(FarDirectory directory, List<FarDirectory> done) {
    known.remove(directory.number);
    open.set(directory.pass, open.get(directory.pass) - 1);
    forget(directory);
    if (!directory.isReleased) {
      openCost -= directory.cost;
    }
    Listing listing = directory.listing;
    directory.listing = null;
    if (directory.isCounted && listing != null) {
      listing.entries().forEach(tally::seen);
      FileSums.Told sum = directory.sum;
      if (sum != null) {
        tally.seen(sum.files(), sum.bytes());
      }
    }
    done.add(directory);
    for (FarDirectory child : directory.children) {
      if (child.target == null) {
        child.isCounted |= directory.isCounted;
        kill(child, done);
      }
    }
    directory.children = List.of();
    directory.clear();
  }

  /** Nothing of it is wanted; if it is not listed yet, that still comes. */
  private void kill(FarDirectory directory, List<FarDirectory> done) {
    directory.isDead = true;
    if (directory.listing != null) {
      close(directory, done);
    }
  }

  /** The source says that everything is listed. What it lists from now on is another pass. */
  synchronized void listed(long directories, long entries) throws WireException {
    if (directories != listed || entries != entriesListed) {
      throw CompactReader.malformed(
          listed
              + " directories and "
              + entriesListed
              + " names came, the source sent "
              + directories
              + " and "
              + entries);
    }
    listed = 0;
    entriesListed = 0;
    if (tops.size() <= passesMax) {
      begin();
    }
  }

  @Nullable FarDirectory directory(int number) {
    synchronized (this) {
      return known.get(number);
    }
  }
}
