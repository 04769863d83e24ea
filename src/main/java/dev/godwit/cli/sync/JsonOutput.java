package dev.godwit.cli.sync;

import dev.godwit.linux.Names;
import dev.godwit.sync.copy.Change;
import dev.godwit.sync.copy.CopyException;
import dev.godwit.sync.copy.CopyListener;
import dev.godwit.sync.copy.CopyResult;
import dev.godwit.sync.copy.CopyStatistics;
import dev.godwit.sync.copy.CopyStatus;
import dev.godwit.sync.copy.Item;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.Invocation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One JSON object a line for each thing that happens ({@code --json}); docs/sync-json.md. */
final class JsonOutput implements CopyListener {
  private final Invocation invocation;
  private final Direction direction;
  private final Sink out;
  private final ByteText line = new ByteText();
  private final long begun = System.nanoTime();

  /** The figures that were told last. */
  private CopyStatistics last = CopyStatistics.NONE;

  private long failures;

  JsonOutput(Invocation invocation, Direction direction, Sink out) {
    this.invocation = invocation;
    this.direction = direction;
    this.out = out;
  }

  void begin() {
    JsonObject object = event("start");
    object.put("direction", direction.name().toLowerCase(Locale.ROOT));
    object.put("dry_run", invocation.rules().dryRun);
    object.end();
    write();
    out.flush();
  }

  @Override
  public void item(Item item) {
    Change change = item.change();
    JsonObject object = event("item");
    object.putName("path", item.path());
    object.put("kind", item.kind().name().toLowerCase(Locale.ROOT));
    object.put("action", action(item));
    if (!invocation.rules().listOnly) {
      object.put("itemized", change.letters(item.kind(), direction == Direction.PUSH));
      List<String> differs = differs(change);
      if (!differs.isEmpty()) {
        object.putAll("differs", differs);
      }
    }
    if (!change.has(Change.DELETED)) {
      object.put("size", item.size());
      object.put("mode", Integer.toOctalString(item.mode() & 07777));
      object.put("uid", item.uid() & 0xffffffffL).put("gid", item.gid() & 0xffffffffL);
      object.put("mtime_seconds", item.mtimeSeconds()).put("mtime_nanos", item.mtimeNanos());
    }
    if (item.link() != null) {
      object.putName("link", item.link());
    }
    if (change.has(Change.TRANSFER)) {
      object.put("bytes_sent", item.bytesMoved()).put("bytes_matched", item.matched());
    }
    object.end();
    write();
  }

  private String action(Item item) {
    Change change = item.change();
    if (invocation.rules().listOnly) {
      return "list";
    }
    if (change.has(Change.DELETED)) {
      return "delete";
    }
    if (change.has(Change.RENAMED)) {
      return "rename";
    }
    if (change.has(Change.TRANSFER)) {
      return "transfer";
    }
    if (change.has(Change.HARD_LINK)) {
      return "link";
    }
    if (change.has(Change.NEW)) {
      return "make";
    }
    return change.isAny() && !change.has(Change.LINKED) ? "update" : "none";
  }

  private static List<String> differs(Change change) {
    List<String> names = new ArrayList<>();
    if (change.has(Change.NEW | Change.DELETED | Change.LINKED)) {
      return names;
    }
    add(names, change, Change.CONTENT, "content");
    add(names, change, Change.SIZE, "size");
    add(names, change, Change.TIME | Change.TIME_OF_TRANSFER, "mtime");
    add(names, change, Change.PERMISSIONS, "permissions");
    add(names, change, Change.OWNER, "owner");
    add(names, change, Change.GROUP, "group");
    add(names, change, Change.ACCESS_TIME, "atime");
    add(names, change, Change.CREATE_TIME, "crtime");
    add(names, change, Change.ACL, "acl");
    add(names, change, Change.XATTR, "xattr");
    return names;
  }

  private static void add(List<String> names, Change change, int bits, String name) {
    if (change.has(bits)) {
      names.add(name);
    }
  }

  @Override
  public void note(int level, String text) {
    if (invocation.telling().verbose >= level) {
      event("note").put("text", text).end();
      write();
    }
  }

  @Override
  public void note(InfoFlag about, int level, String text) {
    if (invocation.telling().level(about) >= level) {
      event("note").put("text", text).end();
      write();
    }
  }

  @Override
  public void failure(Failure failure) {
    failures++;
    JsonObject object = event("failure");
    if (!failure.host().isEmpty()) {
      object.put("host", failure.host());
    }
    object.putName("path", failure.path());
    object.put("text", failure.what()).put("exit", failure.status().exitValue()).end();
    write();
    out.flush();
  }

  @Override
  public void progress(CopyStatistics soFar) {
    last = soFar;
    if (invocation.telling().level(InfoFlag.PROGRESS) > 0) {
      JsonObject object = event("progress");
      figures(object, soFar, soFar.nanos());
      object.end();
      write();
      out.flush();
    }
  }

  @Override
  public void broken(CopyStatistics soFar) {
    last = soFar;
  }

  void end(CopyResult result) {
    CopyStatistics statistics = result.statistics();
    end(result.status(), result.failures(), statistics, statistics.nanos());
  }

  /** The copy could not be made, or not be gone on with. */
  void end(CopyException failed) {
    failure(new Failure(failed.status(), new byte[] {'.'}, String.valueOf(failed.getMessage())));
    end(failed.status(), failures, last, System.nanoTime() - begun);
  }

  private void end(CopyStatus status, long failed, CopyStatistics statistics, long nanos) {
    JsonObject object = event("end");
    object.put("exit", status.exitValue()).put("status", status.meaning());
    object.put("failures", failed);
    figures(object, statistics, nanos);
    object.end();
    write();
    out.flush();
  }

  /** The end of a run that did not come to copying. */
  static void refused(Sink out, CopyStatus status, List<String> problems) {
    ByteText line = new ByteText();
    JsonObject object = new JsonObject(line).put("event", "end");
    object.put("exit", status.exitValue()).put("status", status.meaning());
    object.putAll("problems", problems).end();
    out.write(line.add((byte) '\n'));
    out.flush();
  }

  private static void figures(JsonObject to, CopyStatistics figures, long nanos) {
    kinds(to.object("seen"), figures.seen());
    kinds(to.object("made"), figures.made());
    kinds(to.object("removed"), figures.removed());
    to.put("files_transferred", figures.transferred());
    to.put("size_bytes", figures.sizeSum());
    to.put("size_transferred_bytes", figures.sizeTransferred());
    to.put("literal_bytes", figures.literal()).put("matched_bytes", figures.matched());
    to.put("list_bytes", figures.listBytes());
    to.put("sent_bytes", figures.sent()).put("received_bytes", figures.received());
    to.put("duration_ms", nanos / 1_000_000);
  }

  private static void kinds(JsonObject to, CopyStatistics.Kinds kinds) {
    to.put("files", kinds.files()).put("directories", kinds.directories());
    to.put("symlinks", kinds.links()).put("devices", kinds.devices());
    to.put("specials", kinds.specials()).end();
  }

  private JsonObject event(String name) {
    line.clear();
    return new JsonObject(line).put("event", name);
  }

  private void write() {
    out.write(line.add((byte) '\n'));
  }

  /** For messages that name what the user wrote. */
  static String shown(byte[] path) {
    return Names.display(path);
  }
}
