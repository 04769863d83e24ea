package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.Owners;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import org.jspecify.annotations.Nullable;

/**
 * What is copied as a whole: the source's first message.
 *
 * @param isEmpty there is nothing to copy; the source has told why
 * @param isOneFile all is one name that is no directory: the target may be its new name
 * @param order in which the source tells its tree, see {@link Telling}
 * @param self the directory whose content goes into the target itself; null without one
 */
record Top(boolean isEmpty, boolean isOneFile, Telling order, @Nullable InodeRecord self) {
  void send(Channel channel, OwnerNotes owners) throws WireException, LinuxException {
    CompactWriter out = new CompactWriter(64);
    out.u8(Messages.TOP).bool(isEmpty).bool(isOneFile);
    order.write(out);
    out.bool(self != null);
    if (self != null) {
      self.write(out, owners);
    }
    out.sendTo(channel);
  }

  static Top read(CompactReader in, Owners owners) throws WireException {
    boolean isEmpty = in.bool();
    boolean isOneFile = in.bool();
    Telling order = Telling.read(in);
    InodeRecord self = in.bool() ? InodeRecord.read(in, FileStatus.NONE, owners) : null;
    in.end();
    if (self != null && !self.status().isDirectory()) {
      throw CompactReader.malformed("the content of something that is no directory");
    }
    return new Top(isEmpty, isOneFile, order, self);
  }
}
