package dev.godwit.cli.sync;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.OperatorFiles;
import dev.godwit.sync.copy.Change;
import dev.godwit.sync.copy.Item;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The file of {@code --log-file}: each line with the time and this process's number. */
final class SyncLog {
  private final long number = RawProcess.number();
  private final FileHandle file;
  private final LineFormat format;
  private final boolean itemizes;
  private final Clock clock = new Clock();
  private final ByteText line = new ByteText();
  private boolean isBroken;

  private SyncLog(FileHandle file, byte[] format) {
    this.file = file;
    this.format = new LineFormat(format);
    this.itemizes = this.format.has('i');
  }

  /**
   * @throws IOException when the file cannot be opened or is refused (H3); the message says why
   */
  static SyncLog open(byte[] path, byte @Nullable [] confineRoot, byte[] format)
      throws IOException {
    try {
      return new SyncLog(OperatorFiles.openForAppending(path, confineRoot), format);
    } catch (LinuxException e) {
      throw new IOException(e.reason(), e);
    }
  }

  /** One line, or several, of text. */
  void line(String text) {
    for (String part : text.split("\n", -1)) {
      begin();
      Escaper.LOG.name(line, ShownText.bytes(part));
      write();
    }
  }

  void line(ByteText text) {
    begin();
    Escaper.LOG.name(line, text.toBytes());
    write();
  }

  void item(Item item, LineContext context) {
    boolean isTold =
        !format.isEmpty()
            && (itemizes
                ? (item.change().bits() & ~Change.LINKED) != 0
                : item.change().has(Change.DELETED) || SyncOutput.isSignificant(item));
    if (isTold) {
      begin();
      format.add(line, item, context, Escaper.LOG);
      write();
    }
  }

  void summary(Summary summary) {
    begin();
    summary.logged(line);
    write();
  }

  private void begin() {
    line.clear();
    clock.add(line, System.currentTimeMillis() / 1000, ' ');
    line.add(" [").add(number).add("] ");
  }

  private void write() {
    if (isBroken) {
      return;
    }
    byte[] bytes = line.add((byte) '\n').toBytes();
    try {
      file.write(bytes, 0, bytes.length);
    } catch (LinuxException e) {
      isBroken = true; // said once, at the end
    }
  }

  boolean isBroken() {
    return isBroken;
  }

  void close() {
    file.close();
  }
}
