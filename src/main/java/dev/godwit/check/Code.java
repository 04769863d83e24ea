package dev.godwit.check;

import java.util.Locale;

/**
 * Everything that a check can find, in the order of the document. The words are stable: scripts ask
 * for them.
 */
public enum Code {
  REACHABLE(Severity.GOOD, "The host answers.", ""),
  UNREACHABLE(
      Severity.ERROR,
      true,
      "The host does not answer, or Godwit cannot be started there.",
      "See the message: it is ssh's own, or says what the host lacks."),
  OTHER_MACHINE(
      Severity.ERROR,
      true,
      "A host is another machine than when the move began, or the other host of the move.",
      "Let the plan lead to the machines that it led to then. A host that was installed anew: give the"
          + " move up (`godwit finish --abandon --changed-host`), and start it again."),
  OTHER_CONTROLLER(
      Severity.ERROR,
      true,
      "Another controller has taken the move over since it was begun with this plan's journal.",
      "Give the commands there. When that one is gone for good: `godwit start --take-over`."),
  WATCHER(Severity.GOOD, "The third host that is to watch answers.", ""),
  WATCHER_UNREACHABLE(
      Severity.WARNING,
      "The third host that is to watch does not answer: the report would lack what it sees.",
      "See the message, or correct `watch` in the plan."),
  NOT_ROOT(
      Severity.ERROR,
      true,
      "Godwit does not act as root on the host.",
      "Connect as root: owners, ports and services need it."),
  ONE_HOST(
      Severity.ERROR,
      true,
      "Old and new are one host, and the plan takes them for two.",
      "Correct `old` or `new`; where only the place of the files is to change: `new: same`, with a"
          + " `place`."),
  SAME_KERNEL(
      Severity.WARNING,
      "Old and new run on one kernel, as containers do.",
      "Make sure that it is meant: what ends one of them may end both."),
  NOT_TOLD_APART(
      Severity.WARNING,
      "Old and new have one machine id, as copies of one image do, or one of them has none: when their"
          + " names or addresses are exchanged later, it may not be noticed.",
      "Before `start`, give the copy an id of its own: remove /etc/machine-id, then"
          + " systemd-machine-id-setup, or dbus-uuidgen --ensure=/etc/machine-id."),
  OTHER_ARCHITECTURE(
      Severity.WARNING,
      "Old and new have processors of different kinds.",
      "Make sure that nothing below the paths holds programs or native data."),
  CLOCKS(
      Severity.WARNING,
      "The clocks of old and new differ.",
      "Synchronise them: logs and mail will look out of order."),
  SECURITY_DIFFERS(
      Severity.WARNING,
      "SELinux or AppArmor is on one host only, or enforces on one only.",
      "Make sure that the services may reach their files on new (restorecon(8), aa-status(8))."),
  KILLS_AT_LOG_OUT(
      Severity.ERROR,
      "A host kills what root has started when root logs out: gate, landing and mirrors with it.",
      "Set KillExcludeUsers=root in logind.conf(5), then systemctl restart systemd-logind; lingering"
          + " is no help."),
  GATE(Severity.GOOD, "A gate on the host gets the best rung of its ladder; it was tried.", ""),
  KERNEL(
      Severity.WARNING,
      "A gate on the host cannot use the kernel's socket look-up, and gets a lesser rung; both were"
          + " tried.",
      "See why: it takes Linux 5.9, and root who may use BPF. The lesser rung loses nobody either."),
  NO_HOLD(
      Severity.ERROR,
      "A gate on the host could only listen after the services have stopped: clients are refused until"
          + " then, and on one host a cut-over is refused.",
      "Install nftables or iptables there, or use Linux 5.9 or newer, with root that may use BPF."),

  FILES(Severity.GOOD, "A tree, its size, and where it goes.", ""),
  PLACE(Severity.GOOD, "Where the services of one host have their files now.", ""),
  OTHER_PLACE(
      Severity.ERROR,
      true,
      "The services of one host are not pointed at the trees of old, or it cannot be told.",
      "Correct `place`: run its `where` on the host."),
  SAME_TREE(
      Severity.ERROR,
      true,
      "On one host a tree and the place where one goes are the same directory, or one lies within the other.",
      "Correct `to`; see what the paths lead to (realpath(1), findmnt(8))."),
  OTHER_WRITER(
      Severity.WARNING,
      "A process of no service of the plan writes in a tree: a cut-over that finds it in the hold waits"
          + " for it for no longer than leaves the way back its time, and is taken back.",
      "Add its service to the plan, or stop it before the cut-over and let it go on with the files of"
          + " new afterwards."),
  KERNEL_WRITER(
      Severity.WARNING,
      "The kernel writes in a tree for others: to a disk image behind a loop device, to a swap file, or"
          + " for clients of an NFS export. A cut-over that finds it in the hold is taken back.",
      "Before the cut-over, unmount the image and detach it (losetup -d), switch the swap off"
          + " (swapoff), take the export back (exportfs -u); or add nfs-server.service to `services`."),
  MISSING(Severity.ERROR, true, "A path of the plan does not exist on old.", "Correct `files`."),
  NOT_A_DIRECTORY(
      Severity.ERROR, true, "A path of the plan is no directory on old.", "Correct `files`."),
  TARGET_IN_THE_WAY(
      Severity.ERROR,
      true,
      "Something that is no directory lies on new where a tree goes.",
      "Move it aside."),
  TARGET_READ_ONLY(
      Severity.ERROR,
      true,
      "The file system on new is mounted read-only.",
      "Mount it for writing, or correct `to`."),
  SHARED_MOUNT(
      Severity.WARNING,
      "A tree is on a mount that other hosts can have too (NFS, EFS, CIFS, sshfs…).",
      "Make sure that nobody else writes there: Godwit is not told of what others change."),
  SHARED_REFUSES(
      Severity.ERROR,
      true,
      "The server of a shared mount does not let new's root write where a tree goes.",
      "Export it to new with no_root_squash (exports(5)), or give root a way to write there."),
  MOUNT_BELOW(
      Severity.ERROR,
      true,
      "Another file system is mounted below a path; its changes would not be seen.",
      "Name it under `mounts` of that path in the plan, or `exclude` it, or unmount it."),
  NO_MOUNT(
      Severity.ERROR,
      true,
      "Nothing is mounted on old where the plan names a mount below a path.",
      "Mount it; or correct `mounts`."),
  MEASURED_PARTLY(
      Severity.WARNING,
      "A tree was too large to be measured in the time.",
      "Give it more: `godwit check --measure 5m`."),
  SPACE(
      Severity.ERROR,
      true,
      "New has too little room for the files.",
      "Make room, or let `to` lead to a larger file system."),
  SPACE_TIGHT(
      Severity.WARNING,
      "The files fit on new, but leave little room to grow.",
      "Make room before the tree grows."),
  INODES(
      Severity.ERROR,
      true,
      "New's file system cannot have that many files.",
      "Make a file system with more inodes (mkfs.ext4 -N)."),
  INODES_TIGHT(
      Severity.WARNING,
      "The files fit on new, but few more do.",
      "Make a file system with more inodes (mkfs.ext4 -N)."),
  NAMES_CASE(
      Severity.ERROR,
      true,
      "Names differ by case only, and new's file system takes them for one.",
      "Rename one of them, or use a file system that tells them apart."),
  NAMES_FORM(
      Severity.ERROR,
      true,
      "Names differ by Unicode's form only, and new's file system takes them for one.",
      "Rename one of them, or use a file system that keeps names as they are."),
  OWNERS_LOST(
      Severity.ERROR,
      true,
      "New's file system keeps no owners and permissions.",
      "Use a file system of Linux, such as ext4 or xfs; export a shared one with no_root_squash."),
  HARD_LINKS_LOST(
      Severity.ERROR,
      true,
      "Files have several names, which new's file system cannot keep.",
      "Use a file system with hard links."),
  LINKS_OUTSIDE(
      Severity.WARNING,
      "Files have further names that are not moved with the tree: what is written by those may not be"
          + " seen, and on new they are no names of these files any more.",
      "Name a folder that has all of their names; or make sure that nobody writes by the others."),
  ACLS_LOST(
      Severity.ERROR,
      true,
      "Files have access control lists, which new's file system cannot keep.",
      "Use a file system with POSIX ACLs, or remove them (setfacl -b)."),
  XATTRS_LOST(
      Severity.ERROR,
      true,
      "Files have extended attributes, which new's file system cannot keep.",
      "Use a file system with user attributes, or remove them (setfattr -x)."),
  DATABASE_IN_FILES(
      Severity.ERROR,
      true,
      "A tree holds the data of a database server, which cannot be copied while it runs.",
      "Take it out of `files` and name the server under `databases`, with `mode: cold`."),
  NO_DATABASE(
      Severity.ERROR,
      true,
      "What the plan names as the data of a database is none.",
      "Correct it in the plan: the server says it (datadir, data_directory)."),
  DATABASE_UNREADABLE(
      Severity.ERROR,
      "New's database server cannot read old's files: PostgreSQL of another version, MariaDB or MySQL of an"
          + " older one, or the one for the other.",
      "Install the version that has written them on new, and change it before or after the move."),
  DATABASE_CONVERTED(
      Severity.WARNING,
      "New's database server is newer and converts the files at its first start; old's cannot read them"
          + " then, so that there is no way back after the cut-over.",
      "Install old's version on new, and change it when the move is finished; or cut over knowing that:"
          + " `godwit cutover --no-way-back`."),
  COLD_COPY(Severity.GOOD, "How much of a database has to be copied while its clients wait.", ""),
  COLD_COPY_LONG(
      Severity.WARNING,
      "Copying a database would take more than half of the hold.",
      "A longer `limits: { hold: ... }`, or a time of less load."),
  SOCKET_REFUSES(
      Severity.WARNING,
      "A rollback refuses the clients of a MariaDB server's unix socket while that server starts: it does"
          + " not start while somebody answers there.",
      "Nothing, if it may be so in a rollback; or let them come to the port, at 127.0.0.1."),
  WATCH(Severity.GOOD, "How the live mirror learns of changes.", ""),
  WATCH_SLOW(
      Severity.WARNING,
      "Changes can only be watched directory by directory (inotify).",
      "Nothing, if it suffices: large trees take longer to start and use more memory."),
  WATCH_LIMIT(
      Severity.ERROR,
      true,
      "There are more directories than inotify may watch.",
      "Raise it on old: sysctl fs.inotify.max_user_watches=N."),

  OWNER_MISSING(
      Severity.ERROR,
      true,
      "A user or group that owns files, or that the plan maps one to, is not on new.",
      "`godwit check --fix` creates it with the same number, or the one that the plan maps it to."),
  OWNER_DIFFERS(
      Severity.ERROR,
      true,
      "A user or group that owns files has another number on new, or its number another name.",
      "Map it (`usermap`, `groupmap` in the plan), or give it the same number on new before anything"
          + " is copied (usermod -u, groupmod -g)."),
  OWNER_MAP(
      Severity.ERROR,
      true,
      "`usermap` or `groupmap` names somebody who is not on old or cannot be made on new, or makes"
          + " one of two.",
      "Correct the map, or make the user or group by hand (useradd -r, groupadd -r)."),
  OWNER_UNNAMED(
      Severity.WARNING,
      "Files belong to a number that has no name on old, but has one on new.",
      "Make sure that this user of new may have the files."),

  SERVICE(Severity.GOOD, "A service runs on old and answers, and waits on new.", ""),
  UNKNOWN_SERVICE(
      Severity.ERROR,
      true,
      "A service cannot be controlled on a host: its unit or its commands are missing.",
      "Install it there, or correct its commands in the plan."),
  NOT_RUNNING(
      Severity.ERROR,
      true,
      "A service of the plan does not run on old.",
      "Start it, or take it out of the plan."),
  RUNNING_ON_NEW(
      Severity.ERROR,
      true,
      "A service runs on new already, on files that the move will replace.",
      "Stop it there, and keep it from starting at boot until the move is over; or, if it writes"
          + " nothing by itself: `start: already-running`."),
  NOT_RUNNING_ON_NEW(
      Severity.WARNING,
      "A service that is to run on new already does not.",
      "Start it there, or its start is a part of the hold."),
  CHECK_FAILS(
      Severity.ERROR,
      "A check of the plan fails on the running service.",
      "Correct the check: it could not tell a good switch from a bad one."),
  NO_CHECK(
      Severity.WARNING,
      "A service has no check.",
      "Without one, the switch trusts what the start command says."),
  NO_FENCE(
      Severity.WARNING,
      "Services are started by commands, not units: Godwit cannot keep old from starting them.",
      "Name commands that do (`fence` and `unfence`), or take them out of old's start-up, cron and"
          + " supervision after the cut-over."),
  UNIT_UNUSABLE(
      Severity.ERROR,
      "A unit cannot be started: it is masked, its file is wrong, or it requires one of which that is"
          + " so.",
      "Before the cut-over: systemctl unmask UNIT, or correct what systemctl status UNIT says."),
  STOPS_TOO(
      Severity.ERROR,
      "A unit that the plan does not list is stopped with one that it does; nothing starts it again.",
      "Add it to `services`, or loosen its tie (Requires=, BindsTo=, PartOf=) to the other one."),
  STARTS_TOO(
      Severity.WARNING,
      "A unit that the plan does not list is started on new with one that it does.",
      "Add it to `services` when it has data of its own, or start it there before the cut-over."),
  NOT_AT_BOOT(
      Severity.WARNING,
      "A service is started by a boot of old and would not be by one of new.",
      "Set it up to start at boot after the cut-over; before that it would start beside old's."),
  SOCKET_UNIT(
      Severity.ERROR,
      "A socket unit that the plan does not list listens for a service: its stop would be taken back.",
      "Add it to `services`: `unit: NAME.socket`, with the ports."),
  OLDER_VERSION(
      Severity.WARNING,
      "New has an older version of a server than old.",
      "Install at least old's version: older ones may not read newer data."),

  ADDRESS(Severity.GOOD, "Where the address is, and where it goes.", ""),
  ADDRESS_NOT_ON_OLD(
      Severity.ERROR, true, "The address of the plan is not on old.", "Correct `address`."),
  ADDRESS_ON_NEW(
      Severity.ERROR,
      true,
      "The address of the plan is on new already.",
      "Take it off there: two hosts with one address lose the packets of both."),
  ADDRESS_ALONE(
      Severity.ERROR,
      true,
      "A host has no other address of that network on the same interface.",
      "Give it one: without it the host cannot answer when the address is on the other."),
  ADDRESS_UNKNOWN(
      Severity.ERROR,
      true,
      "Where an address that a command moves is cannot be told: `where` fails, or writes neither host's"
          + " name.",
      "Run `where` by hand; correct it, or `old` and `new` of `address`."),
  REACHED_BY_ADDRESS(
      Severity.ERROR,
      true,
      "Old is reached by the address that moves, or comes to new from it: after the switch there would"
          + " be no way back.",
      "Give old's own address in `old`; where old is this host, let it come to new from its own."),
  ADDRESS_CUTS(
      Severity.WARNING,
      "Connections that are open to the address when it moves are cut.",
      "Install nftables on both hosts; where its rules are refused, the kernel lacks what the message"
          + " names (nft_dup_ipv4 or nft_dup_ipv6, nft_ct)."),
  ADDRESS_AT_BOOT(
      Severity.WARNING,
      "Old's own configuration gives it the floating address, also after the cut-over, when it boots.",
      "After the cut-over, take it out there; before that, old needs it."),
  ADDRESS_NOT_AT_BOOT(
      Severity.WARNING,
      "Old's configuration has the floating address and new's has not: after a boot of new nobody has it.",
      "After the cut-over, write it into new's network configuration."),
  PORT_TAKEN(
      Severity.ERROR, "Something else listens on new on a port of the plan.", "Stop it there."),
  PORT_NOT_LISTENED(
      Severity.WARNING,
      "Nobody listens on old on a port of the plan.",
      "Correct `ports`, or the service's configuration."),
  PORT_NOT_IN_PLAN(
      Severity.WARNING,
      "A service listens on a port that the plan does not name: its clients would be cut off.",
      "Add it to `ports` of the service, unless nobody uses it."),
  UDP_PORT(
      Severity.WARNING,
      "A service listens on UDP, which is not held and not passed on.",
      "Clients of it meet a gap at the cut-over; turn it off before, if there is another way in."),
  CONTAINER_PORT(
      Severity.ERROR,
      "A port of the plan belongs to a container: its connections do not pass the gate.",
      "Move the container by its own tools, or publish its port by a process of the host."),
  FIREWALL(Severity.GOOD, "New's packet filter lets clients in.", ""),
  FIREWALL_REFUSES(
      Severity.ERROR,
      "New's packet filter refuses connections to a port that must be reached.",
      "Open it on new."),
  FIREWALL_UNCLEAR(
      Severity.WARNING,
      "Whether new's packet filter lets clients in depends on where they come from, or on"
          + " something that cannot be told.",
      "Try it from where the clients are."),
  FIREWALL_UNKNOWN(
      Severity.WARNING,
      "New's packet filter cannot be read.",
      "Try from another host whether the ports can be reached."),

  LISTENS_ON_OLD_ADDRESS(
      Severity.ERROR,
      "A server's configuration on new makes it listen on old's address, which new does not have.",
      "Let it listen on new's address or on all of them."),
  NAMES_OLD_ADDRESS(
      Severity.WARNING,
      "A configuration file names old's address.",
      "Change it where it is meant to follow the service."),
  WRITES_ELSEWHERE(
      Severity.ERROR,
      "A service writes to a file outside the plan's paths: it would be missing on new.",
      "Add its folder to `files`, or let the service write elsewhere."),
  QUEUE_LEFT_BEHIND(
      Severity.ERROR,
      "A mail transfer agent of the plan has a queue that does not move: what it has accepted and not"
          + " delivered would stay on old.",
      "Name it in the service: `queue: postfix` (or exim, sendmail), with its directory where that is"
          + " another one."),
  QUEUE_UNKNOWN(
      Severity.WARNING,
      "Where a mail transfer agent of the plan has its queue cannot be told: whether it is empty is not"
          + " known.",
      "Ask it (postconf queue_directory, exim -bP spool_directory), and name the directory: `queue: {"
          + " exim: DIRECTORY }`."),
  LOGS_STAY(Severity.GOOD, "Logs are not moved; they stay on old.", ""),
  PROCESSES_UNKNOWN(
      Severity.WARNING,
      "Which processes belong to a service cannot be told, so their files were not looked at.",
      "Name its unit or its ports in the plan."),
  CERTIFICATE_ENDS(
      Severity.WARNING,
      "A certificate has ended or ends within 30 days.",
      "Renew it, and make sure that new renews it from now on."),
  CERTIFICATE_MISSING(
      Severity.ERROR,
      "A server's configuration on new names a certificate that is not there.",
      "Copy it, with its key, or add its folder to `files`."),
  CERTIFICATE_DIFFERS(
      Severity.WARNING,
      "A server has another certificate on new than on old.",
      "Make sure that it is for the same names."),
  CRON_JOB(
      Severity.WARNING,
      "A job of old belongs to what is moved: it would go on there, and is missing on new.",
      "Set it up on new, and turn it off on old at the cut-over."),
  NOT_ALL_SEEN(
      Severity.WARNING,
      "A host has more than is looked at.",
      "What was not seen may hold problems that are not listed.");

  private final Severity severity;
  private final boolean keepsFromStarting;
  private final String meaning;
  private final String advice;

  Code(Severity severity, String meaning, String advice) {
    this(severity, false, meaning, advice);
  }

  Code(Severity severity, boolean keepsFromStarting, String meaning, String advice) {
    this.severity = severity;
    this.keepsFromStarting = keepsFromStarting;
    this.meaning = meaning;
    this.advice = advice;
  }

  public Severity severity() {
    return severity;
  }

  /** Whether {@code godwit start} refuses as well: what is wrong would go wrong with the copy. */
  public boolean keepsFromStarting() {
    return keepsFromStarting;
  }

  public String meaning() {
    return meaning;
  }

  /** What to do about it; empty when nothing has to be done. */
  public String advice() {
    return advice;
  }

  /** As {@code --json} and the documents write it: {@code port-taken}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
