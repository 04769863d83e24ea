package dev.godwit.sync.copy;

import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.RulesText;
import dev.godwit.sync.rules.UsageException;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the controller asks of each side, on the wire: the whole request, in pieces, before anything
 * else. Each side gets it from the controller and never from the other side.
 */
final class RequestMessages {
  /** A whole request; a list of files may be long. */
  private static final int BYTES_MAX = 256 << 20;

  private static final int PIECE_BYTES = 128 * 1024;
  private static final int COUNT_MAX = 1 << 26;
  private static final int RULES_MAX = 1 << 20;
  private static final int PATH_MAX = 1 << 20;

  private RequestMessages() {}

  static void send(CopyRequest request, Channel channel) throws WireException {
    CompactWriter all = new CompactWriter(4096);
    all.bytes(RulesText.writeForOtherSide(request.rules(), request.remoteOptions()));
    paths(all, request.sources());
    all.bytes(request.target());
    List<byte[]> files = request.files();
    all.bool(files != null);
    if (files != null) {
      paths(all, files);
    }
    List<FilterRule> filters = FilterRule.inParts(request.filters(), PIECE_BYTES);
    all.number(filters.size());
    MessageWriter part = new MessageWriter();
    for (FilterRule filter : filters) {
      filter.write(part.reset());
      all.number(part.length()).raw(part.array(), 0, part.length());
    }
    CompactWriter piece = new CompactWriter(PIECE_BYTES + 2);
    int at = 0;
    do {
      int count = Math.min(PIECE_BYTES, all.length() - at);
      piece.reset().u8(Messages.REQUEST).bool(at + count == all.length());
      piece.raw(all.array(), at, count).sendTo(channel);
      at += count;
    } while (at < all.length());
  }

  private static void paths(CompactWriter all, List<byte[]> paths) {
    all.number(paths.size());
    for (byte[] path : paths) {
      all.bytes(path);
    }
  }

  static CopyRequest receive(Channel channel) throws WireException {
    CompactWriter all = new CompactWriter(4096);
    boolean isLast;
    do {
      byte[] message = channel.receive();
      if (message == null) {
        throw new WireException("the controller ended before it had asked for anything");
      }
      CompactReader in = new CompactReader(message, 0);
      int type = in.u8();
      if (type != Messages.REQUEST) {
        throw Messages.unexpected(type, "controller");
      }
      isLast = in.bool();
      int count = in.remaining();
      if (count > BYTES_MAX - all.length()) {
        throw CompactReader.malformed("a request of more than " + BYTES_MAX + " bytes");
      }
      all.raw(message, in.skip(count), count);
    } while (!isLast);
    return read(new CompactReader(all.toBytes(), 0));
  }

  private static CopyRequest read(CompactReader in) throws WireException {
    Rules rules = rules(in.bytes(RULES_MAX));
    List<byte[]> sources = paths(in);
    byte[] target = in.bytes(PATH_MAX);
    @Nullable List<byte[]> files = in.bool() ? paths(in) : null;
    int count = in.number(COUNT_MAX);
    List<FilterRule> filters = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      MessageReader part = new MessageReader(in.bytes(2 * PIECE_BYTES));
      filters.add(FilterRule.read(part));
      part.end();
    }
    in.end();
    if (sources.isEmpty()) {
      throw CompactReader.malformed("a request without a source");
    }
    return new CopyRequest(rules, sources, target, files, filters);
  }

  private static Rules rules(byte[] text) throws WireException {
    try {
      return RulesText.read(text);
    } catch (UsageException e) {
      throw CompactReader.malformed("rules that cannot be understood: " + e.getMessage());
    }
  }

  private static List<byte[]> paths(CompactReader in) throws WireException {
    int count = in.number(COUNT_MAX);
    List<byte[]> paths = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      paths.add(in.bytes(PATH_MAX));
    }
    return paths;
  }
}
