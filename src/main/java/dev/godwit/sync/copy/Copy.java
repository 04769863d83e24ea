package dev.godwit.sync.copy;

import dev.godwit.host.Host;
import dev.godwit.sync.attributes.CopyAs;
import dev.godwit.sync.attributes.OwnerException;
import dev.godwit.sync.rules.Rules;
import org.jspecify.annotations.Nullable;

/** One pass over trees, from one host to another or within one. */
public final class Copy {
  private Copy() {}

  /**
   * Runs to the end.
   *
   * @param listener told of what happens, by one thread at a time
   * @throws CopyException when nothing, or nothing more, can be copied; problems with single names
   *     do not end it
   */
  public static CopyResult run(Host source, Host target, CopyRequest request, CopyListener listener)
      throws CopyException, InterruptedException {
    return run(source, target, request, null, listener);
  }

  /**
   * The same where this host's source was looked at before the target's host was there.
   *
   * @param early what was seen of it; null for nothing
   */
  public static CopyResult run(
      Host source,
      Host target,
      CopyRequest request,
      @Nullable EarlyLook early,
      CopyListener listener)
      throws CopyException, InterruptedException {
    if (!request.rules().verify) {
      return copy(source, target, request, early, listener);
    }
    ItemCounter differing = new ItemCounter(listener);
    CopyResult result = copy(source, target, request, early, differing);
    CopyStatus status =
        differing.items() == 0 ? result.status() : result.status().and(CopyStatus.DIFFERENT);
    return new CopyResult(status, result.statistics(), result.failures());
  }

  private static CopyResult copy(
      Host source,
      Host target,
      CopyRequest request,
      @Nullable EarlyLook early,
      CopyListener listener)
      throws CopyException, InterruptedException {
    if (source.isLocal() && (target.isLocal() || request.rules().listOnly)) {
      return LocalCopy.of(request, listener).run();
    }
    return new RemoteCopy(source, target, request, early, listener).run();
  }

  /**
   * Makes this thread, and those that it starts from here on, the user of --copy-as, if there is
   * one.
   *
   * @throws CopyException when that cannot be; nothing must be copied then
   */
  public static void becomeUser(Rules rules) throws CopyException {
    String user = rules.copyAs;
    if (user == null) {
      return;
    }
    try {
      CopyAs.become(user);
    } catch (OwnerException e) {
      throw new CopyException(CopyStatus.USAGE, String.valueOf(e.getMessage()));
    }
  }
}
