package dev.godwit.cli.sync;

import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.Program;
import dev.godwit.sync.copy.CopyException;
import dev.godwit.sync.copy.CopyStatus;
import dev.godwit.sync.rules.Invocation;
import dev.godwit.sync.rules.SyncOption;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the other host cannot run the agent: the rsync of both hosts, with the arguments that were
 * typed. It takes the place of this process, so that its output, its questions and its exit status
 * are the user's as they are.
 */
final class OtherRsync {
  private static final byte[] NAME = Names.of("rsync");
  private static final byte[] USUAL_PATH = Names.of("/usr/local/bin:/usr/bin:/bin");

  /** rsync has the first for its daemons only, and refuses it; the agent was tried within it. */
  private static final Set<SyncOption> OF_THE_AGENT =
      Set.of(SyncOption.CONTIMEOUT, SyncOption.KEEP_AGENT);

  private OtherRsync() {}

  /**
   * Why rsync cannot do what was asked for; null when it can.
   *
   * @param why what is in the way of the agent
   */
  static @Nullable CopyException refusal(Invocation invocation, String why) {
    List<String> own = invocation.line().own;
    return own.isEmpty()
        ? null
        : new CopyException(
            CopyStatus.START,
            why
                + " The rsync of that host could be driven instead, but not with "
                + String.join(", ", own)
                + ", which rsync does not have.");
  }

  /**
   * Runs rsync in place of this process; returns only by an exception.
   *
   * @param arguments of {@code godwit sync}
   * @param path the variable PATH; null when it is not set
   */
  static void become(List<byte[]> arguments, byte @Nullable [] path, String why)
      throws CopyException {
    List<byte[]> all = new ArrayList<>();
    all.add(NAME);
    all.addAll(Invocation.without(OF_THE_AGENT, arguments));
    try {
      List<byte[]> environment = RawProcess.environment();
      for (byte[] folder : split(path == null || path.length == 0 ? USUAL_PATH : path)) {
        try {
          Program.become(in(folder), all, environment);
        } catch (LinuxException e) {
          if (e.errno() != Errno.ENOENT
              && e.errno() != Errno.ENOTDIR
              && e.errno() != Errno.EACCES) {
            throw e;
          }
        }
      }
    } catch (IOException e) {
      throw new CopyException(
          CopyStatus.START, why + " rsync cannot be started: " + e.getMessage());
    }
    throw new CopyException(
        CopyStatus.START,
        why
            + " The rsync of that host could be driven instead, if this host had one:"
            + " `apt-get install rsync`.");
  }

  private static byte[] in(byte[] folder) {
    byte[] file = Arrays.copyOf(folder, folder.length + 1 + NAME.length);
    file[folder.length] = '/';
    System.arraycopy(NAME, 0, file, folder.length + 1, NAME.length);
    return file;
  }

  private static List<byte[]> split(byte[] path) {
    List<byte[]> folders = new ArrayList<>();
    int from = 0;
    for (int i = 0; i <= path.length; i++) {
      if (i == path.length || path[i] == ':') {
        // An empty name means the current directory; nothing is run from there.
        if (i > from) {
          folders.add(Arrays.copyOfRange(path, from, i));
        }
        from = i + 1;
      }
    }
    return folders;
  }
}
