package dev.godwit.sync.copy;

import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.wire.Printable;
import dev.godwit.wire.WireException;
import org.jspecify.annotations.Nullable;

/**
 * The controller's end of what a far side tells. The far side may lie: what people will read is
 * made harmless (H46). One thread at a time for each side; several sides tell one listener.
 */
final class EventReader {
  private static final int PATH_MAX = 1 << 20;
  private static final int LEVEL_MAX = 10;
  private static final int SUM_MAX = 64;

  private final CopyListener listener;
  private volatile @Nullable CopyResult result;

  EventReader(CopyListener listener) {
    this.listener = listener;
  }

  @Nullable CopyResult result() {
    return result;
  }

  /** Takes one message. */
  void take(byte[] message) throws WireException {
    CompactReader in = new CompactReader(message, 0);
    int type = in.u8();
    switch (type) {
      case Messages.EVENTS -> {
        while (in.remaining() > 0) {
          event(in);
        }
      }
      case Messages.RESULT -> {
        CopyStatus status = status(in);
        CopyStatistics statistics = StatisticsFields.read(in);
        in.end();
        result = new CopyResult(status, statistics, 0);
      }
      default -> throw Messages.unexpected(type, "other side");
    }
  }

  private static CopyStatus status(CompactReader in) throws WireException {
    return CopyStatus.values()[in.u8(CopyStatus.values().length - 1)];
  }

  private static String text(CompactReader in) throws WireException {
    return Printable.line(in.text(EventSender.TEXT_MAX), EventSender.TEXT_MAX);
  }

  private void event(CompactReader in) throws WireException {
    int type = in.u8();
    switch (type) {
      case EventSender.ITEM -> listener.item(item(in));
      case EventSender.BEGINS -> listener.begins(item(in));
      case EventSender.NOTE -> listener.note(in.number(LEVEL_MAX), text(in));
      case EventSender.INFO ->
          listener.note(
              InfoFlag.values()[in.u8(InfoFlag.values().length - 1)],
              in.number(LEVEL_MAX),
              text(in));
      case EventSender.CHECKED -> listener.checked(in.number(Long.MAX_VALUE), in.bool());
      case EventSender.FAILURE ->
          listener.failure(
              new CopyListener.Failure(
                  status(in), in.bytes(PATH_MAX), text(in), 0, in.bool(), CopyListener.HERE));
      case EventSender.PROGRESS -> listener.progress(StatisticsFields.read(in));
      case EventSender.FILE_PROGRESS ->
          listener.fileProgress(
              in.bytes(PATH_MAX), in.number(Long.MAX_VALUE), in.number(Long.MAX_VALUE));
      default -> throw CompactReader.malformed("an event of type " + type);
    }
  }

  private static Item item(CompactReader in) throws WireException {
    return new Item(
        new Change(in.number(Integer.MAX_VALUE)),
        in.bytes(PATH_MAX),
        Item.Kind.values()[in.u8(Item.Kind.values().length - 1)],
        in.number(0177777),
        (int) in.number(0xffff_ffffL),
        (int) in.number(0xffff_ffffL),
        in.number(Long.MAX_VALUE),
        in.signed(),
        in.number(999_999_999),
        in.number(0xffff_ffffL) << 32 | in.number(0xffff_ffffL),
        in.bool() ? in.bytes(PATH_MAX) : null,
        in.number(Long.MAX_VALUE),
        in.number(Long.MAX_VALUE),
        in.signed(),
        -1,
        in.bool() ? in.bytes(SUM_MAX) : null);
  }
}
