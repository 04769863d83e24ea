package dev.godwit.sync.attributes;

import dev.godwit.linux.Accounts;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;

/** {@code --copy-as=USER[:GROUP]}: what is copied from now on is read and written as that user. */
public final class CopyAs {
  private CopyAs() {}

  /**
   * Gives this process up to the user, for good.
   *
   * @param text as the user wrote it: names or numbers
   * @throws OwnerException when there is no such user or group, or the process may not become it;
   *     nothing must be copied then
   */
  public static void become(String text) throws OwnerException {
    int colon = text.indexOf(':');
    String userText = colon < 0 ? text : text.substring(0, colon);
    String groupText = colon < 0 ? "" : text.substring(colon + 1);
    try {
      Accounts.User user =
          OwnerMap.isNumber(userText)
              ? Accounts.user(Integer.parseUnsignedInt(userText))
              : Accounts.user(userText);
      if (user == null) {
        throw new OwnerException("--copy-as: there is no user \"" + userText + "\"");
      }
      int gid = groupText.isEmpty() ? user.gid() : group(groupText);
      int[] groups = groupText.isEmpty() ? Accounts.groupsOf(user) : new int[] {gid};
      Identity.become(user.uid(), gid, groups);
    } catch (LinuxException e) {
      throw new OwnerException("--copy-as: cannot become " + text + ": " + e.reason(), e);
    }
  }

  private static int group(String text) throws LinuxException, OwnerException {
    if (OwnerMap.isNumber(text)) {
      return Integer.parseUnsignedInt(text);
    }
    Accounts.Group group = Accounts.group(text);
    if (group == null) {
      throw new OwnerException("--copy-as: there is no group \"" + text + "\"");
    }
    return group.gid();
  }
}
