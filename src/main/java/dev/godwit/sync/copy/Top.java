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
 * @param shape what the target has to be, where none stands
 * @param order in which the source tells its tree, see {@link Telling}
 * @param self the directory whose content goes into the target itself; null without one
 */
record Top(TargetShape shape, Telling order, @Nullable InodeRecord self) {
  void send(Channel channel, OwnerNotes owners) throws WireException, LinuxException {
    CompactWriter out = new CompactWriter(64);
    out.u8(Messages.TOP).u8(shape.ordinal());
    order.write(out);
    out.bool(self != null);
    if (self != null) {
      self.write(out, owners);
    }
    out.sendTo(channel);
  }

  static Top read(CompactReader in, Owners owners) throws WireException {
    TargetShape shape = TargetShape.values()[in.u8(TargetShape.values().length - 1)];
    Telling order = Telling.read(in);
    InodeRecord self = in.bool() ? InodeRecord.read(in, FileStatus.NONE, owners) : null;
    in.end();
    if (self != null && !self.status().isDirectory()) {
      throw CompactReader.malformed("the content of something that is no directory");
    }
    return new Top(shape, order, self);
  }
}
