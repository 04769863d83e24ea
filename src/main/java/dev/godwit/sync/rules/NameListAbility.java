package dev.godwit.sync.rules;

import dev.godwit.host.Ability;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code sync.names}: a list of names that is a file of this host (--files-from=HOST:FILE). The
 * argument is the path, a NUL, and the directory that --confine-root names, or nothing.
 */
public final class NameListAbility implements Ability {
  private static final String NAME = "sync.names";

  /** What is read, and taken, at most: ten million long names. */
  private static final int BYTES_MAX = 1 << 30;

  private static final int MESSAGE_BYTES = 64 * 1024;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException {
    int end = 0;
    while (end < argument.length && argument[end] != 0) {
      end++;
    }
    if (end == argument.length) {
      throw new IOException("the question for a list of names is cut off");
    }
    byte[] path = Arrays.copyOf(argument, end);
    byte[] root = Arrays.copyOfRange(argument, end + 1, argument.length);
    byte[] content;
    try {
      content = OperatorPaths.read(path, root.length == 0 ? null : root, BYTES_MAX);
    } catch (LinuxException e) {
      throw new IOException(e.reason(), e);
    }
    for (int i = 0; i < content.length; i += MESSAGE_BYTES) {
      channel.send(content, i, Math.min(MESSAGE_BYTES, content.length - i));
    }
  }

  /**
   * Reads such a list.
   *
   * @param isOnSource whether that is the source's host
   * @throws IOException when it cannot be read there; the message says why
   */
  public static List<byte[]> read(Host host, byte[] path, boolean isOnSource, Rules rules)
      throws HostException, IOException {
    byte @Nullable [] root = rules.confineRoot;
    int length = path.length + 1 + (root == null ? 0 : root.length);
    byte[] argument = Arrays.copyOf(path, length);
    if (root != null) {
      System.arraycopy(root, 0, argument, path.length + 1, root.length);
    }
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    try (Channel channel = host.open(NAME, argument)) {
      channel.finish();
      for (byte[] part = channel.receive(); part != null; part = channel.receive()) {
        if (content.size() + part.length > BYTES_MAX) {
          throw new IOException(host.name() + " sends a list without an end");
        }
        content.writeBytes(part);
      }
    } catch (WireException e) {
      throw new IOException(
          "unable to read --files-from=" + Names.display(path) + " on " + e.getMessage(), e);
    }
    return NameLists.names(content.toByteArray(), rules.zeroTerminatedFilters, isOnSource);
  }
}
