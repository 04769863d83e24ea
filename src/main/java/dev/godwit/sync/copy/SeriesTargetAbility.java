package dev.godwit.sync.copy;

import dev.godwit.host.Ability;
import dev.godwit.host.FencedException;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.DirectoryIdentity;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileLocks;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.ProcessTable;
import dev.godwit.sync.Problem;
import dev.godwit.sync.TreeRoot;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The target's side of a series of copies, as a host offers it: {@code copy.series}. */
public final class SeriesTargetAbility implements Ability {
  public static final String NAME = "copy.series";

  private static final Duration LOCK_WAIT = Duration.ofSeconds(1);

  /** The argument of the ability; what it is about follows on the channel. */
  public static byte[] argument(KnownTarget known) {
    return argument(known, CameLately.Told.NOTHING, SeriesOwner.NONE);
  }

  /** The same of a move's, or after other sessions. */
  public static byte[] argument(KnownTarget known, CameLately.Told came, SeriesOwner owner) {
    MessageWriter out = new MessageWriter().u8(Messages.VERSION);
    known.write(out);
    came.write(out);
    owner.write(out);
    return out.toBytes();
  }

  /**
   * How many names more are removed, by a message of the target; such a message is for who carries
   * it, and not for the source.
   *
   * @return 0 when it is another message
   * @throws WireException when it is one, and malformed
   */
  public static long removed(byte[] message) throws WireException {
    if (message.length == 0 || message[0] != SeriesFrames.REMOVED) {
      return 0;
    }
    MessageReader reader = new MessageReader(message);
    int unused = reader.u8();
    long names = reader.u64();
    reader.end();
    if (names < 1 || names > RemovalWindow.NAMES_MAX) {
      throw CompactReader.malformed(names + " names that are removed");
    }
    return names;
  }

  /**
   * Names that came to the target, for {@link CameLately#add}, by a message as that of {@link
   * #removed}.
   *
   * @return none when it is another message
   * @throws WireException when it is one, and malformed
   */
  public static List<Long> came(byte[] message) throws WireException {
    if (message.length == 0 || message[0] != SeriesFrames.CAME) {
      return List.of();
    }
    MessageReader reader = new MessageReader(message);
    int unused = reader.u8();
    List<Long> names = reader.list(CameLately.TOLD_MAX, MessageReader::u64);
    reader.end();
    if (names.isEmpty()) {
      throw CompactReader.malformed("no name that came");
    }
    return names;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader reader = new MessageReader(argument);
    Messages.checkVersion(reader.u8());
    KnownTarget known = KnownTarget.read(reader);
    CameLately.Told came = CameLately.Told.read(reader);
    SeriesOwner owner = SeriesOwner.read(reader);
    reader.end();
    SeriesRequest request = SeriesRequest.receive(channel);
    UserMask.takeFor(request.copy().rules());
    try {
      owner.enter();
    } catch (FencedException e) {
      refuse(channel, String.valueOf(e.getMessage()));
      return;
    }
    byte[] path = request.copy().target();
    byte[] trash = request.copy().rules().trash;
    try (TreeRoot root = open(request, known)) {
      String objection =
          known.objection(path, root == null ? "" : DirectoryIdentity.of(root.handle()));
      if (root == null || objection != null) {
        refuse(channel, objection == null ? "" : objection);
        return;
      }
      String misplaced = trash == null ? null : TrashPlace.objection(path, trash);
      if (misplaced != null) {
        refuse(channel, misplaced);
        return;
      }
      if (!locks(root)) {
        throw new WireException(
            "%s: another copy writes to this tree%s; end that one, or wait until it is done"
                .formatted(root, holder(root)));
      }
      try (SeriesOwner.Watch unused = owner.watch(channel)) {
        new SeriesTarget(root, known, came, request, channel).serve();
      }
    } catch (CopyException e) {
      throw new WireException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Which process that is, in brackets; empty when it is not to be seen from here. */
  private static String holder(TreeRoot root) {
    try {
      return FileLocks.holder(root.handle())
          .map(pid -> " (" + ProcessTable.display(pid) + ")")
          .orElse("");
    } catch (IOException e) {
      return "";
    }
  }

  /** Waits a moment: the copy before this one may have told its end before it has let go. */
  private static boolean locks(TreeRoot root) throws LinuxException, InterruptedException {
    long end = System.nanoTime() + LOCK_WAIT.toNanos();
    while (!root.handle().tryLock()) {
      if (System.nanoTime() - end >= 0) {
        return false;
      }
      Thread.sleep(5);
    }
    return true;
  }

  /** Says why nothing is done, and takes what comes until the source has heard of it. */
  private static void refuse(Channel channel, String why) throws WireException {
    MessageWriter message = new MessageWriter().u8(SeriesFrames.HALT);
    new Problem(Problem.Side.TARGET, Paths.NONE, why, 0).write(message);
    message.bool(true).sendTo(channel);
    channel.drain();
  }

  /** Null when it is missing and has been there. */
  private static @Nullable TreeRoot open(SeriesRequest request, KnownTarget known)
      throws WireException {
    byte[] path = request.copy().target();
    try {
      if (known.isKnown()) {
        return openKnown(path);
      }
      // Nobody looks in before it is complete, where the source says who may then.
      boolean isSaid = request.copy().rules().permissions;
      boolean isNew = create(path, isSaid ? 0700 : 0777 & ~Identity.mask());
      TreeRoot root = TreeRoot.open(path);
      if (isNew) {
        keep(root);
      }
      return root;
    } catch (LinuxException e) {
      throw new WireException(
          "unable to open the target " + Names.display(path) + ": " + e.reason(), e);
    }
  }

  private static @Nullable TreeRoot openKnown(byte[] path) throws LinuxException {
    try {
      return TreeRoot.open(path);
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return null;
      }
      throw e;
    }
  }

  /** A root that was told and is lost in a power cut would not be made again. */
  private static void keep(TreeRoot root) throws LinuxException {
    try {
      root.handle().sync();
    } catch (LinuxException e) {
      if (e.errno() != Errno.EINVAL) { // of file systems that sync files only
        root.close();
        throw e;
      }
    }
  }

  /**
   * Makes a directory if it is missing, and what is missing above it.
   *
   * @return whether it was missing
   */
  private static boolean create(byte[] path, int permissions) throws LinuxException {
    try {
      DirectoryHandle.create(path, permissions);
      return true;
    } catch (LinuxException e) {
      if (e.errno() == Errno.EEXIST) {
        return false;
      }
      int slash = path.length - 1;
      while (slash > 0 && path[slash] != '/') {
        slash--;
      }
      if (e.errno() != Errno.ENOENT || slash <= 0) {
        throw e;
      }
      boolean unused = create(Arrays.copyOf(path, slash), 0755);
      return createInWhatIsThere(path, permissions);
    }
  }

  /** Where what is above it is there and nothing can be made in it, as in /proc, that is told. */
  private static boolean createInWhatIsThere(byte[] path, int permissions) throws LinuxException {
    try {
      DirectoryHandle.create(path, permissions);
      return true;
    } catch (LinuxException e) {
      if (e.errno() == Errno.EEXIST) {
        return false; // somebody else was faster
      }
      throw e;
    }
  }
}
