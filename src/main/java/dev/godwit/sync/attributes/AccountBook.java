package dev.godwit.sync.attributes;

import dev.godwit.linux.Accounts;
import dev.godwit.linux.LinuxException;
import org.jspecify.annotations.Nullable;

/** Names and numbers of users or of groups on one host. Safe for threads; may be slow. */
interface AccountBook {
  AccountBook USERS =
      new AccountBook() {
        @Override
        public int number(String name) throws LinuxException {
          Accounts.User user = Accounts.user(name);
          return user == null ? UNKNOWN : user.uid();
        }

        @Override
        public @Nullable String name(int number) throws LinuxException {
          Accounts.User user = Accounts.user(number);
          return user == null ? null : user.name();
        }
      };

  AccountBook GROUPS =
      new AccountBook() {
        @Override
        public int number(String name) throws LinuxException {
          Accounts.Group group = Accounts.group(name);
          return group == null ? UNKNOWN : group.gid();
        }

        @Override
        public @Nullable String name(int number) throws LinuxException {
          Accounts.Group group = Accounts.group(number);
          return group == null ? null : group.name();
        }
      };

  /** No account has this number: chown(2) takes it for "leave it". */
  int UNKNOWN = -1;

  /** The number of an account; {@link #UNKNOWN} when there is none of this name. */
  int number(String name) throws LinuxException;

  /** The name of an account; null when the number has none. */
  @Nullable String name(int number) throws LinuxException;
}
