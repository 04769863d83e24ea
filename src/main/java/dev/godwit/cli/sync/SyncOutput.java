package dev.godwit.cli.sync;

import dev.godwit.sync.copy.Change;
import dev.godwit.sync.copy.CopyException;
import dev.godwit.sync.copy.CopyListener;
import dev.godwit.sync.copy.CopyResult;
import dev.godwit.sync.copy.CopyStatistics;
import dev.godwit.sync.copy.CopyStatus;
import dev.godwit.sync.copy.Item;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.Invocation;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.Telling;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Prints what a copy tells as rsync does. Called by one thread at a time. */
final class SyncOutput implements CopyListener {
  /** As wide as "2026/11/20 11:06:52". */
  private static final int CLOCK_COLUMNS = 19;

  private final Rules rules;
  private final Telling telling;
  private final Direction direction;
  private final Sink out;
  private final Sink err;
  private final Escaper escaper;
  private final LineContext context;
  private final @Nullable LineFormat format;
  private final boolean itemizes;
  private final boolean itemizesLog;
  private final @Nullable ProgressLines progress;
  private final @Nullable SyncLog log;
  private final ByteText line = new ByteText();
  private boolean hasBegun;

  /** The path of the file whose line is printed and which is not done; null for none. */
  private byte @Nullable [] begun;

  /**
   * @param log null: none is kept
   */
  SyncOutput(
      Invocation invocation,
      Direction direction,
      Sink out,
      Sink err,
      Escaper escaper,
      @Nullable SyncLog log) {
    this.rules = invocation.rules();
    this.telling = invocation.telling();
    this.direction = direction;
    this.out = telling.errors == Telling.ErrorStream.ALL ? err : out;
    this.err = err;
    this.escaper = escaper;
    this.log = log;
    this.context = new LineContext(invocation, direction, escaper);
    byte @Nullable [] text = telling.quiet ? null : telling.format();
    this.format = text == null ? null : new LineFormat(text);
    this.itemizes = format != null && format.has('i');
    byte @Nullable [] printed = telling.format();
    this.itemizesLog = printed != null && new LineFormat(printed).has('i'); // also with -q
    int level = telling.quiet ? 0 : telling.level(InfoFlag.PROGRESS);
    this.progress = level > 0 ? new ProgressLines(level > 1, telling.human) : null;
  }

  /**
   * The first line. It comes before the first thing that is told, not earlier: rules that cannot be
   * read end a run before it has begun.
   */
  private void begin() {
    if (hasBegun) {
      return;
    }
    hasBegun = true;
    if (log != null) {
      log.line(direction == Direction.PULL ? "receiving file list" : "building file list");
    }
    if (telling.level(InfoFlag.FLIST) == 0 || !rules.recursive && !rules.directories) {
      return;
    }
    if (log != null && !telling.incremental && progress == null) {
      // With progress rsync says how many names there are, which nobody knows here.
      log.line("done");
    }
    if (telling.quiet) {
      return;
    }
    boolean receives = direction == Direction.PULL;
    if (telling.incremental) {
      print(receives ? "receiving incremental file list\n" : "sending incremental file list\n");
    } else {
      print(receives ? "receiving file list ... done\n" : "building file list ... done\n");
    }
  }

  @Override
  public void item(Item item) {
    begin();
    if (progress != null) {
      progress.checked(item);
    }
    if (rules.listOnly) {
      if (!telling.quiet) {
        list(item);
      }
      return;
    }
    if (log != null && isLogged(item)) {
      log.item(item, context);
    }
    if (telling.quiet) {
      return;
    }
    line.clear();
    if (line(item)) {
      if (log != null && !isLogged(item)) {
        log.line(line);
      }
      line.add((byte) '\n');
      if (isBegun(item)) {
        begun = null;
      } else {
        endProgress();
        out.write(line);
      }
    }
    if (progress != null
        && !rules.dryRun
        && item.kind() == Item.Kind.FILE
        && item.change().has(Change.TRANSFER)) {
      line.clear();
      progress.file(line, item);
      out.write(line);
    }
  }

  /**
   * A file that takes long: its name comes before how far it is. Not where its line says what is
   * known afterwards.
   */
  @Override
  public void begins(Item item) {
    begin();
    if (progress == null) {
      return;
    }
    progress.begins();
    if (format != null && format.isOfAfterwards()) {
      return;
    }
    line.clear();
    if (line(item)) {
      line.add((byte) '\n');
      endProgress();
      out.write(line);
      out.flush();
      begun = item.path();
    }
  }

  /** Whether its line came before its content. */
  private boolean isBegun(Item item) {
    return begun != null
        && Arrays.equals(begun, item.path())
        && item.change().has(Change.TRANSFER)
        && !item.change().has(Change.DELETED);
  }

  /** As rsync has it, more is logged where what is printed has letters. */
  private boolean isLogged(Item item) {
    return item.change().has(Change.DELETED)
        || (itemizesLog ? isChanged(item) || rules.wantsUnchanged : isSignificant(item));
  }

  /** Puts the item's line together; false when it has none. */
  private boolean line(Item item) {
    Change change = item.change();
    if (change.has(Change.DELETED)) {
      if (format != null && format.tellsRemovals()) {
        format.add(line, item, context);
        return true;
      }
      LineFormat.name(line.add("deleting "), item, escaper);
      return format != null || telling.level(InfoFlag.DEL) > 0;
    }
    if (format != null
        && (itemizes ? isChanged(item) || rules.wantsUnchanged : isSignificant(item))) {
      format.add(line, item, context);
      return true;
    }
    if (itemizes
        || telling.level(InfoFlag.NAME) < 2
        || item.kind() == Item.Kind.DIRECTORY && !change.has(Change.LOCAL)) {
      return false;
    }
    LineFormat.name(line, item, escaper);
    // rsync has no eye here for extended attributes.
    if (change.isNone() || (change.bits() & ~(Change.LOCAL | Change.XATTR)) == 0) {
      line.add(" is uptodate");
    }
    return true;
  }

  /** A hard link that was there already is no change. */
  static boolean isChanged(Item item) {
    return !item.change().isNone();
  }

  /** What is told without letters: new content, what was made, and directories that changed. */
  static boolean isSignificant(Item item) {
    Change change = item.change();
    if (change.isNone()) {
      return false;
    }
    return item.kind() == Item.Kind.DIRECTORY
        || change.has(Change.TRANSFER | Change.LOCAL | Change.RENAMED | Change.HARD_LINK);
  }

  /** A line of {@code --list-only}. */
  private void list(Item item) {
    line.clear();
    line.add((byte) typeLetter(item.mode()));
    LineFormat.permissions(line, item.mode());
    line.add((byte) ' ');
    int from = line.length();
    boolean hasSize = item.kind() != Item.Kind.DEVICE && item.kind() != Item.Kind.SPECIAL;
    Figures.number(line, hasSize ? item.size() : 0, telling.human);
    line.pad(from, telling.human == 0 ? 11 : 14, false).add((byte) ' ');
    context.clock().add(line, item.mtimeSeconds(), ' ');
    line.add((byte) ' ');
    if (rules.accessTimes) {
      int column = line.length();
      if (item.kind() != Item.Kind.DIRECTORY) {
        context.clock().add(line, item.atimeSeconds(), ' ');
      }
      line.pad(column, CLOCK_COLUMNS, true).add((byte) ' ');
    }
    escaper.name(line, item.path());
    if (rules.links && item.kind() == Item.Kind.SYMLINK) {
      LineFormat.link(line, item, escaper);
    }
    if (log != null) {
      log.line(line);
    }
    out.write(line.add((byte) '\n'));
  }

  private static char typeLetter(int mode) {
    return switch (mode & 0170000) {
      case 0040000 -> 'd';
      case 0120000 -> 'l';
      case 0020000 -> 'c';
      case 0060000 -> 'b';
      case 0010000 -> 'p';
      case 0140000 -> 's';
      default -> '-';
    };
  }

  @Override
  public void note(int level, String text) {
    // What was made above the names belongs to their lines.
    boolean isTold = telling.verbose >= level || level == 1 && (itemizes || names() > 0);
    tell(isTold, text);
  }

  @Override
  public void note(InfoFlag about, int level, String text) {
    boolean isTold = telling.level(about) >= level || about == InfoFlag.NAME && itemizes;
    tell(isTold, text);
  }

  private int names() {
    return telling.level(InfoFlag.NAME);
  }

  private void tell(boolean isTold, String text) {
    begin();
    if (telling.quiet || !isTold) {
      return;
    }
    line.clear();
    escaped(text);
    line.add((byte) '\n');
    endProgress();
    out.write(line);
    if (log != null) {
      log.line(text);
    }
  }

  /** Something that rsync does not say; not in the way of those who read its output. */
  void remark(String text) {
    if (!telling.quiet) {
      error(text);
    }
  }

  @Override
  public void failure(Failure failure) {
    begin();
    error(failure.toString());
  }

  /** The copy could not be made, or not be gone on with. */
  void end(CopyException failure) {
    if (failure.status() != CopyStatus.USAGE) {
      begin();
    }
    error(String.valueOf(failure.getMessage()));
    status(failure.status());
  }

  /** A line for standard error, also with --quiet. */
  void error(String text) {
    if (log != null) {
      log.line("godwit: " + text);
    }
    endProgress();
    out.flush();
    line.clear();
    line.add("godwit: ");
    escaped(text);
    err.write(line.add((byte) '\n'));
    err.flush();
  }

  private void escaped(String text) {
    boolean isFirst = true;
    for (String part : text.split("\n", -1)) {
      if (!isFirst) {
        line.add((byte) '\n');
      }
      escaper.name(line, ShownText.bytes(part));
      isFirst = false;
    }
  }

  @Override
  public void progress(CopyStatistics soFar) {
    begin();
    if (progress == null) {
      return;
    }
    line.clear();
    if (progress.whole(line, soFar)) {
      out.write(line);
      out.flush();
    }
  }

  @Override
  public void checked(long names, boolean areAllKnown) {
    if (progress != null) {
      progress.checked(names, areAllKnown);
    }
  }

  @Override
  public void fileProgress(byte[] path, long bytesDone, long bytesAll) {
    begin();
    if (progress == null) {
      return;
    }
    line.clear();
    if (progress.part(line, bytesDone, bytesAll)) {
      out.write(line);
      out.flush();
    }
  }

  /** A line that was being rewritten stays, and the next thing begins below it. */
  private void endProgress() {
    if (progress != null && progress.isInLine()) {
      out.write(progress.end());
    }
  }

  /** After all. */
  void end(CopyResult result) {
    begin();
    if (progress != null) {
      ByteText last = new ByteText();
      progress.last(last, result.statistics());
      out.write(last);
    }
    Summary summary = new Summary(result.statistics(), telling.human);
    int level = telling.level(InfoFlag.STATS);
    line.clear();
    if (level > 0 && result.status() != CopyStatus.USAGE) {
      line.add((byte) '\n');
      if (level > 1) {
        summary.figures(line);
        line.add((byte) '\n');
      }
      summary.totals(line, rules.dryRun);
    }
    if (log != null) {
      log.summary(summary, line);
    }
    if (!telling.quiet) {
      out.write(line);
    }
    status(result.status());
  }

  /** The last line on standard error, of a run that was not all right. */
  private void status(CopyStatus status) {
    out.flush();
    if (status != CopyStatus.DONE) {
      line.clear();
      line.add("godwit error: ").add(status.meaning());
      line.add(" (code ").add(status.exitValue()).add(")");
      if (log != null) {
        log.line(line);
      }
      err.write(line.add((byte) '\n'));
      err.flush();
    }
    if (log != null) {
      log.close();
    }
  }

  /** Whatever is being put together stays. */
  private void print(String text) {
    out.write(new ByteText().add(text));
    out.flush();
  }
}
