package dev.godwit.cli.sync;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.sync.copy.Change;
import dev.godwit.sync.copy.Item;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
      return new SyncLog(OperatorPaths.openForAppending(path, confineRoot), format);
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

  /** An item that is told; one that did not change only where the form has %i. */
  void item(Item item, LineContext context) {
    if (item.change().has(Change.DELETED) && !format.tellsRemovals()) {
      begin();
      LineFormat.name(line.add("deleting "), item, Escaper.LOG);
      write();
      return;
    }
    if (!format.isEmpty() && (itemizes || SyncOutput.isChanged(item))) {
      begin();
      format.add(line, item, context, Escaper.LOG);
      write();
    }
  }

  /** The figures at the end: what is told of them, or one line where nothing is. */
  void summary(Summary summary, ByteText told) {
    if (told.length() == 0) {
      begin();
      summary.logged(line);
      write();
      return;
    }
    for (String part : new String(told.toBytes(), StandardCharsets.ISO_8859_1).split("\n")) {
      if (!part.isEmpty()) {
        line(part);
      }
    }
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
