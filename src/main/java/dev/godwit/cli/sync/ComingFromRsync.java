package dev.godwit.cli.sync;

import dev.godwit.sync.rules.OptionGroup;
import dev.godwit.sync.rules.OptionState;
import dev.godwit.sync.rules.SyncOption;

/**
 * The table of every option of rsync and what becomes of it, made from the table of options; {@code
 * godwit sync --help=rsync} prints it, docs/coming-from-rsync.md is a copy.
 */
final class ComingFromRsync {
  private static final String HEAD =
      """
      # Coming from rsync

      `godwit sync` takes rsync's command line: what you type after `rsync` works after `godwit sync`,
      but for the options that the second and third table name. This page is made by `godwit sync
      --help=rsync` from the same list of options that the program obeys; the manual page is
      [godwit-sync(1)](man/godwit-sync.1).

      What is different:

      - **The other host** needs no rsync: an agent is brought there over ssh. Where it cannot run, sync
        drives the rsync of that host, and says so.
      - **The cipher**: of those that ssh's configuration allows, AES-GCM is asked for first, which
        processors have instructions for, unless another one than OpenSSH's own first choice is
        preferred there. `-e 'ssh -c CIPHER'` names one.
      - **An option that does not exist** is an error that names the nearest one; nothing is ignored.
        Everything that is wrong with a command line is told at once.
      - **No daemon**: `host::module` and `rsync://` are refused; `host:path` goes over ssh.
      - **Names** never pass through a shell of the other host, with or without `-s`. What people count
        on is as with rsync all the same: a path there begins where the login begins, `~/` and `~USER/`
        are home directories, and wildcards (`host:*.log`) stand for names there. `host:~` alone is the
        home directory, too; rsync 3.5.0 looks for a file with that name (`host:./~` means that one).
      - **Characters that make a terminal lie** (DEL, invisible ones, those that change the direction of
        text) are printed as `\\#ooo` too.
      - **Figures**: within one host nothing is sent: `sent` counts what was copied, `received` is 0. File list times are
        0: names are found while others are copied.
      - **A target that is mounted from elsewhere** (NFS, CIFS, sshfs): up to 32 files are written at
        once while each call takes long. Over sshfs the time of a symbolic link is set where it leads
        to, as with rsync: leave these times out with `-J`.
      - **Names that the target's file system takes for one** (`A` and `a` on FAT, CIFS, an ext4 with
        casefold): none of them is written, each is told (exit 23). rsync writes the second over the
        first. A name that stands under another spelling is not written over either.
      - **Times of creation** (`-N`, `--crtimes`): refused with exit value 1 before anything is done, which is
        what rsync for Linux does too. statx(2) tells when a file was made, and no call sets it, so that a
        copy is as old as it is; `-M-N` is refused likewise.
      - **Exit values** are rsync's. 10 never comes: rsync ends so when the talk with one of its daemons
        fails. 127 is that of an rsync that is missing on a host where it would have been driven.
      - `~/.popt` is not read; make an alias in your shell.

      """;

  private ComingFromRsync() {}

  static String text() {
    StringBuilder text = new StringBuilder(HEAD);
    text.append("## What works\n\n");
    for (OptionGroup group : OptionGroup.values()) {
      text.append("### ").append(group.title()).append("\n\n| option | |\n|---|---|\n");
      rows(text, group, OptionState.WORKS, false);
      text.append('\n');
    }
    text.append("## Taken without effect\n\n`-v` says so.\n\n| option | why |\n|---|---|\n");
    for (OptionGroup group : OptionGroup.values()) {
      rows(text, group, OptionState.NO_EFFECT, false);
    }
    text.append("\n## Refused\n\nWith exit value 1, before anything is done.\n\n");
    text.append("| option | what to do instead |\n|---|---|\n");
    for (OptionGroup group : OptionGroup.values()) {
      rows(text, group, OptionState.REFUSED, false);
    }
    text.append("\n## Not in rsync\n\n| option | |\n|---|---|\n");
    for (OptionGroup group : OptionGroup.values()) {
      rows(text, group, OptionState.WORKS, true);
    }
    return text.toString();
  }

  private static void rows(
      StringBuilder text, OptionGroup group, OptionState state, boolean areOwn) {
    for (SyncOption option : SyncOption.values()) {
      if (option.group() == group && option.state() == state && option.isOwn() == areOwn) {
        text.append("| `").append(ManualPage.names(option).replace("|", "\\|")).append('`');
        if (option.isNegatable() && !option.isShownNegated()) {
          text.append(", `--no-…`");
        }
        text.append(" | ").append(option.help().replace("|", "\\|")).append(" |\n");
      }
    }
  }
}
