package dev.godwit.check;

import dev.godwit.host.MountBelow;
import dev.godwit.linux.PathText;
import dev.godwit.mirror.MountChoice;
import dev.godwit.survey.Tree;
import dev.godwit.survey.Tree.Measured;
import java.util.LinkedHashSet;
import java.util.Set;

/** Whether each tree can be followed on old and kept on new, one by one. */
final class TreeLook implements Look {
  private static final String FANOTIFY = "fanotify";

  @Override
  public void look(Facts facts, Findings findings) {
    for (Facts.TreePair pair : facts.trees()) {
      if (source(facts, pair, findings) && target(facts, pair, findings)) {
        both(facts, pair, findings);
      }
    }
  }

  private static boolean source(Facts facts, Facts.TreePair pair, Findings findings) {
    Tree source = pair.source();
    String host = facts.oldHost().name();
    if (!source.isDirectory()) {
      findings.add(
          source.exists() ? Code.NOT_A_DIRECTORY : Code.MISSING,
          "%s: %s %s".formatted(host, source.path(), whatInstead(source)),
          source.leadsTo().isEmpty()
              ? "correct `files` in the plan"
              : "name the directory that it leads to in `files`; new has it at the same path, or at `to`");
      return false;
    }
    if (!source.shared().isEmpty()) {
      findings.add(
          Code.SHARED_MOUNT,
          "%s: %s is on a shared mount (%s); what other hosts change there is only seen by the looks at everything, such as the audit before a hold"
              .formatted(host, source.path(), source.shared()));
    }
    if (pair.isWhole()) {
      mounts(facts, pair, findings);
    }
    for (Tree.Database database : source.measured().databases()) {
      if (facts.plan().databases().stream()
          .anyMatch(planned -> Facts.isAtOrBelow(database.path(), planned.data()))) {
        continue; // it is copied again when its server has stopped
      }
      findings.add(
          Code.DATABASE_IN_FILES,
          "%s: %s is the data of %s (%s): copied while it runs, it would be useless"
              .formatted(host, database.path(), database.engine(), database.sign()));
    }
    if (!source.watch().equals(FANOTIFY)) {
      long directories = source.measured().directories();
      long limit = facts.oldHost().surroundings().watchesMax();
      if (limit > 0 && directories > limit) {
        findings.add(
            Code.WATCH_LIMIT,
            "%s: %s has %,d directories; inotify may watch %,d"
                .formatted(host, source.path(), directories, limit),
            "raise it on old: sysctl fs.inotify.max_user_watches=" + directories * 2);
      } else {
        findings.add(
            Code.WATCH_SLOW,
            "%s: changes of %s are watched by %s".formatted(host, source.path(), source.watch()));
      }
    }
    return true;
  }

  private static void mounts(Facts facts, Facts.TreePair pair, Findings findings) {
    MountChoice choice = pair.planned().mounts();
    Set<String> missing = new LinkedHashSet<>(choice.paths());
    for (MountBelow mount : pair.source().mountsBelow()) {
      missing.remove(mount.path());
      if (!mount.mayTakePart() || !choice.has(mount.path())) {
        mountBelow(facts.oldHost(), pair.source(), mount, findings);
      }
    }
    for (MountBelow mount : pair.target().mountsBelow()) {
      if (!mount.mayTakePart()) {
        mountBelow(facts.newHost(), pair.target(), mount, findings);
      }
    }
    for (String path : missing) {
      findings.add(
          Code.NO_MOUNT,
          "%s: nothing is mounted at %s/%s, which `mounts` names"
              .formatted(facts.oldHost().name(), pair.source().path(), PathText.display(path)));
    }
  }

  /** Of what is no directory. */
  private static String whatInstead(Tree tree) {
    return !tree.leadsTo().isEmpty()
        ? "is a symbolic link, to %s".formatted(tree.leadsTo())
        : tree.exists() ? "is not a directory" : "does not exist";
  }

  private static void mountBelow(Facts.Side side, Tree tree, MountBelow mount, Findings findings) {
    findings.add(
        Code.MOUNT_BELOW,
        "%s: another file system is mounted below %s: %s; its changes would not be seen"
            .formatted(side.name(), tree.path(), mount),
        mount.mayTakePart()
            ? "name it in the plan, `mounts: [%s]`, or `exclude` it, or unmount it"
                .formatted(PathText.display(mount.path()))
            : "it cannot be copied: `exclude` it in the plan, or unmount it");
  }

  private static boolean target(Facts facts, Facts.TreePair pair, Findings findings) {
    Tree target = pair.target();
    String host = facts.newHost().name();
    if (target.isOther()) {
      findings.add(
          Code.TARGET_IN_THE_WAY,
          "%s: %s exists and %s".formatted(host, target.path(), whatInstead(target)));
      return false;
    }
    if (target.isReadOnly()) {
      findings.add(
          Code.TARGET_READ_ONLY,
          "%s: %s is on a file system that is mounted read-only".formatted(host, target.path()));
      return false;
    }
    if (!target.canWrite()) {
      findings.add(
          Code.SHARED_REFUSES,
          "%s: %s is on a shared mount (%s), which refuses %s"
              .formatted(
                  host, target.path(), target.shared(), String.join(", ", target.refused())));
      return false;
    }
    if (!target.shared().isEmpty()) {
      findings.add(
          Code.SHARED_MOUNT,
          "%s: %s is on a shared mount (%s). Tried there, it %s. What other hosts change there is not seen by the way back"
              .formatted(
                  host,
                  target.path(),
                  target.shared(),
                  target.refused().isEmpty()
                      ? "keeps all that a file can have"
                      : "does not keep: " + String.join(", ", target.refused())));
    }
    return true;
  }

  private static void both(Facts facts, Facts.TreePair pair, Findings findings) {
    Tree target = pair.target();
    Measured measured = pair.source().measured();
    String to = "%s: %s (%s)".formatted(facts.newHost().name(), target.path(), target.fileSystem());
    if (!measured.isWhole()) {
      findings.add(
          Code.MEASURED_PARTLY,
          "%s: %s has at least %,d files; it was not seen to the end within %.0f s"
              .formatted(
                  facts.oldHost().name(),
                  pair.source().path(),
                  measured.files(),
                  measured.millis() / 1000.0));
    }
    if (target.foldsCase() && !measured.sameCase().isEmpty()) {
      findings.add(Code.NAMES_CASE, to + " takes these names for one: " + measured.sameCase());
    }
    if ((target.foldsForm() || target.foldsCase()) && !measured.sameForm().isEmpty()) {
      findings.add(Code.NAMES_FORM, to + " takes these names for one: " + measured.sameForm());
    }
    if (!target.owners()) {
      findings.add(
          Code.OWNERS_LOST,
          to
              + " keeps no owners and permissions"
              + (target.shared().isEmpty() ? "" : ", as far as root of new is concerned"));
    }
    if (!target.hardLinks() && measured.linked().files() > 0) {
      findings.add(
          Code.HARD_LINKS_LOST,
          "%s keeps one name of a file only; %,d files have several"
              .formatted(to, measured.linked().files()));
    } else if (measured.linked().outside() > 0) {
      findings.add(
          Code.LINKS_OUTSIDE,
          "%s: %,d files of %s have further names outside of it, or excluded ones%s"
              .formatted(
                  facts.oldHost().name(),
                  measured.linked().outside(),
                  pair.source().path(),
                  measured.linked().example().isEmpty()
                      ? ""
                      : ", such as " + measured.linked().example()));
    }
    if (!target.acls() && !measured.acl().isEmpty()) {
      findings.add(
          Code.ACLS_LOST, to + " keeps no access control lists, such as that of " + measured.acl());
    }
    if (!target.userXattrs() && !measured.xattr().isEmpty()) {
      findings.add(
          Code.XATTRS_LOST,
          to + " keeps no extended attributes, such as those of " + measured.xattr());
    }
    findings.add(
        Code.FILES,
        "%s (%s, %,d files, %s) goes to %s (%s, %s free)"
            .formatted(
                pair.source().path(),
                pair.source().fileSystem(),
                measured.files(),
                Sizes.text(measured.bytes()),
                target.path(),
                target.fileSystem(),
                Sizes.text(target.freeBytes())));
    if (pair.source().watch().equals(FANOTIFY)) {
      findings.add(
          Code.WATCH, "changes of %s are seen by fanotify".formatted(pair.source().path()));
    }
  }
}
