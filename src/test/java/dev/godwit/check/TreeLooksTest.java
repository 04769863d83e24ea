package dev.godwit.check;

import static dev.godwit.check.TestingFacts.bad;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.host.MountBelow;
import dev.godwit.mirror.MountChoice;
import dev.godwit.plan.OwnerPair;
import dev.godwit.survey.AccountsAbility;
import dev.godwit.survey.Known;
import dev.godwit.survey.Tree;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Findings about trees, the room for them and the owners of their files that no lab of one kernel
 * can bring about; the others are in CheckLabTest.
 */
final class TreeLooksTest {
  @Test
  void h25_mounts_below_a_tree() {
    MountBelow data = new MountBelow("data", "ext4", true);
    MountBelow proc = new MountBelow("jail/proc", "proc", false);
    assertThat(bad(facts -> facts.mountsOfOld = List.of(data))).containsExactly(Code.MOUNT_BELOW);
    for (MountChoice choice :
        List.of(new MountChoice(List.of("data"), false), new MountChoice(List.of(), true))) {
      Consumer<TestingFacts> named = facts -> facts.mounts = choice;
      assertThat(bad(named.andThen(facts -> facts.mountsOfOld = List.of(data)))).isEmpty();
      assertThat(bad(named.andThen(facts -> facts.mountsOfOld = List.of(data, proc))))
          .as("what the kernel makes up")
          .containsExactly(Code.MOUNT_BELOW);
    }
    Consumer<TestingFacts> named =
        facts -> facts.mounts = new MountChoice(List.of("data", "more"), false);
    assertThat(bad(named.andThen(facts -> facts.mountsOfOld = List.of(data))))
        .containsExactly(Code.NO_MOUNT);
    assertThat(bad(facts -> facts.mountsOfNew = List.of(data))).as("new's own").isEmpty();
    assertThat(bad(facts -> facts.mountsOfNew = List.of(proc))).containsExactly(Code.MOUNT_BELOW);
  }

  /** Of 1 MiB in 110 files 20 % are 209,715 bytes and 22 files. */
  @Test
  void the_room_to_grow() {
    int mebi = 1 << 20;
    assertThat(bad(room(mebi + 209_715, 132))).isEmpty();
    assertThat(bad(room(mebi + 209_714, 131))).containsExactly(Code.SPACE_TIGHT, Code.INODES_TIGHT);
    Consumer<TestingFacts> grows = facts -> facts.lately = new Tree.Lately(true, 600_000, 50);
    assertThat(bad(room(mebi + 600_000, 160).andThen(grows))).isEmpty();
    assertThat(bad(room(mebi + 599_999, 159).andThen(grows)))
        .containsExactly(Code.SPACE_TIGHT, Code.INODES_TIGHT);
    for (int percent : List.of(0, 10, 150)) {
      Consumer<TestingFacts> said = grows.andThen(facts -> facts.growthPercent = percent);
      long growth = mebi * (long) percent / 100;
      assertThat(bad(room(mebi + growth, 110 + 110 * percent / 100).andThen(said))).isEmpty();
      if (percent > 0) {
        assertThat(bad(room(mebi + growth - 1, 110 + 110 * percent / 100 - 1).andThen(said)))
            .containsExactly(Code.SPACE_TIGHT, Code.INODES_TIGHT);
      }
    }
    assertThat(bad(room(mebi - 1, 109).andThen(facts -> facts.growthPercent = 0)))
        .containsExactly(Code.SPACE, Code.INODES);
  }

  private static Consumer<TestingFacts> room(long bytes, long inodes) {
    return facts -> {
      facts.freeOnNew = bytes;
      facts.inodesOfNew = inodes;
    };
  }

  /** The tree itself has 1 MiB on old, and new's file system of it has room for a tebibyte. */
  @Test
  void the_room_of_what_is_mounted_below_a_tree() {
    long tebi = 1L << 40;
    Facts.Place both = new Facts.Place("data", true, true);
    assertThat(bad(room(both, 2_000, 0, 7, 1_999))).containsExactly(Code.SPACE);
    assertThat(bad(room(both, 2_000, 0, 7, 4_000))).isEmpty();
    Facts.Place ofOld = new Facts.Place("data", true, false);
    assertThat(bad(room(ofOld, tebi, 0, 1, tebi))).as("with the tree").containsExactly(Code.SPACE);
    // 1 MiB of the tree is to be copied; the place has all, and its room on new is in the tree's.
    assertThat(bad(room(ofOld, tebi, tebi, 1, tebi).andThen(facts -> onNew(facts, tebi))))
        .isEmpty();
    assertThat(
            bad(
                room(ofOld, tebi, tebi, 1, tebi)
                    .andThen(facts -> onNew(facts, tebi))
                    .andThen(facts -> facts.freeOnNew = (1 << 20) - 1)))
        .as("what is at the place does not count for the rest of the tree")
        .containsExactly(Code.SPACE);
    Facts.Place ofNew = new Facts.Place("data", false, true);
    assertThat(bad(room(ofNew, 1 << 20, 0, 7, 1 << 10))).containsExactly(Code.SPACE);
    assertThat(bad(room(ofNew, 1 << 20, 0, 7, 1 << 30).andThen(facts -> facts.freeOnNew = 1 << 10)))
        .as("none of it is on the tree's own file system")
        .isEmpty();
  }

  private static Consumer<TestingFacts> room(
      Facts.Place place, long onOld, long onNew, long device, long free) {
    return facts -> facts.inner.add(new TestingFacts.Inner(place, onOld, onNew, device, free));
  }

  private static void onNew(TestingFacts facts, long bytes) {
    facts.onNew = TestingFacts.measured(bytes, 1);
  }

  @Test
  void h17_more_directories_than_may_be_watched_are_an_error() {
    assertThat(bad(facts -> facts.watch = "inotify")).containsExactly(Code.WATCH_SLOW);
    assertThat(
            bad(
                facts -> {
                  facts.watch = "inotify";
                  facts.directories = 1001;
                }))
        .containsExactly(Code.WATCH_LIMIT);
    assertThat(bad(facts -> facts.directories = 1001)).as("fanotify needs one mark").isEmpty();
  }

  @Test
  void what_a_lesser_file_system_loses() {
    assertThat(bad(facts -> facts.owners = false)).containsExactly(Code.OWNERS_LOST);
    assertThat(bad(facts -> facts.hardLinks = false)).isEmpty();
    assertThat(
            bad(
                facts -> {
                  facts.hardLinks = false;
                  facts.linked = 2;
                }))
        .containsExactly(Code.HARD_LINKS_LOST);
    assertThat(bad(facts -> facts.linkedOutside = 1)).containsExactly(Code.LINKS_OUTSIDE);
  }

  private static Tree.Owner owner(long number, String name) {
    return new Tree.Owner(number, name, 3, "/srv/www/x", number, "/home/" + name, "/bin/sh");
  }

  private static MappedOwners.Mapped mapped(
      String from, String to, long fromNumber, String fromName, long toNumber, String toName) {
    return new MappedOwners.Mapped(
        true, new OwnerPair(from, to), fromNumber, fromName, toNumber, toName);
  }

  private static Known.Account account(long asked, String askedName, long number, String name) {
    return new Known.Account(new Known.NumberedName(asked, askedName), number, name);
  }

  /** What is found of these users of old, of whom one is mapped, where new has these accounts. */
  private static Consumer<TestingFacts> owners(
      MappedOwners.Mapped pair, List<Tree.Owner> ofOld, Known.Account... onNew) {
    return facts -> {
      facts.usersOfOld = ofOld;
      facts.mapped = new MappedOwners(List.of(pair));
      facts.usersOnNew = List.of(onNew);
    };
  }

  @Test
  void h11_who_owns_the_files_on_new_by_the_plans_map() {
    List<Tree.Owner> anna = List.of(owner(7, "anna"));
    MappedOwners.Mapped byName = mapped("anna", "anne", 7, "anna", 20, "anne");
    assertThat(bad(owners(byName, anna, account(20, "anne", 20, "anne")))).isEmpty();
    assertThat(bad(owners(byName, List.of(), account(20, "anne", 20, "anne")))).isEmpty();
    MappedOwners.Mapped nobody = mapped("anna", "anne", 7, "anna", -1, "anne");
    assertThat(bad(owners(nobody, anna, account(7, "anne", -1, ""))))
        .as("can be made with old's number")
        .containsExactly(Code.OWNER_MISSING);
    assertThat(bad(owners(nobody, List.of(), account(7, "anne", -1, ""))))
        .as("also while nothing is hers")
        .containsExactly(Code.OWNER_MISSING);
    assertThat(bad(owners(nobody, anna, account(7, "anne", -1, "other"))))
        .containsExactly(Code.OWNER_MAP);
    MappedOwners.Mapped byNumber = mapped("7", "20", 7, "anna", 20, "");
    assertThat(bad(owners(byNumber, anna, account(20, "anna", -1, ""))))
        .containsExactly(Code.OWNER_MISSING);
    assertThat(bad(owners(byNumber, anna, account(20, "anna", -1, "anne")))).isEmpty();
    assertThat(bad(owners(byNumber, anna, account(20, "anna", 8, ""))))
        .containsExactly(Code.OWNER_DIFFERS);
    MappedOwners.Mapped unnamed = mapped("7", "20", 7, "", 20, "");
    assertThat(bad(owners(unnamed, List.of(owner(7, "")), account(20, "", -1, "")))).isEmpty();
    assertThat(bad(owners(mapped("anna", "20", -1, "anna", 20, "anne"), List.of())))
        .as("nobody on old")
        .containsExactly(Code.OWNER_MAP);
    assertThat(bad(owners(mapped("anna", "toor", 7, "anna", 0, "toor"), List.of())))
        .as("root by another name")
        .containsExactly(Code.OWNER_MAP);
    assertThat(
            bad(
                facts ->
                    facts.mapped =
                        new MappedOwners(
                            List.of(byName, mapped("bert", "20", 8, "bert", 20, "anne")))))
        .as("two become one")
        .containsExactly(Code.OWNER_MAP);
  }

  @Test
  void who_loses_a_number_to_the_plans_map() {
    MappedOwners.Mapped pair = mapped("anna", "anna", 7, "anna", 20, "anna");
    List<Tree.Owner> both = List.of(owner(7, "anna"), owner(20, "bert"));
    Known.Account anna = account(20, "anna", 20, "anna");
    assertThat(bad(owners(pair, both, anna, account(7, "bert", 7, "bert")))).isEmpty();
    assertThat(bad(owners(pair, both, anna, account(7, "bert", 30, ""))))
        .containsExactly(Code.OWNER_DIFFERS);
    TestingFacts facts = new TestingFacts();
    owners(pair, both, anna, account(7, "bert", -1, "")).accept(facts);
    assertThat(facts.findings())
        .filteredOn(finding -> finding.code() == Code.OWNER_MISSING)
        .extracting(Finding::what)
        .containsExactly(
            "new: there is no user bert (20), who owns 3 files such as /srv/www/x and gets the"
                + " number 7 on new, because usermap gives its own to another: anna:anna");
    AccountsAbility.Wanted wanted = AccountFix.wanted(facts.facts());
    assertThat(wanted.groups()).isEmpty();
    assertThat(wanted.users())
        .containsExactly(new Tree.Owner(7, "bert", 3, "/srv/www/x", -1, "/home/bert", "/bin/sh"));
  }

  @Test
  void mounts_that_other_hosts_can_have_too() {
    assertThat(bad(facts -> facts.sharedOnOld = "NFS, server:/www"))
        .containsExactly(Code.SHARED_MOUNT);
    TestingFacts facts = new TestingFacts();
    facts.sharedOnNew = "EFS, fs-01.efs.eu-west-1.amazonaws.com:/";
    facts.refused = List.of("owners (EPERM)", "access control lists (EOPNOTSUPP)");
    assertThat(facts.findings())
        .filteredOn(finding -> finding.code() == Code.SHARED_MOUNT)
        .extracting(Finding::what)
        .containsExactly(
            "new: /srv/www is on a shared mount (EFS, fs-01.efs.eu-west-1.amazonaws.com:/). Tried"
                + " there, it does not keep: owners (EPERM), access control lists (EOPNOTSUPP)."
                + " What other hosts change there is not seen by the way back");
    facts.canWrite = false;
    assertThat(facts.findings())
        .extracting(Finding::code)
        .contains(Code.SHARED_REFUSES)
        .doesNotContain(Code.SHARED_MOUNT);
  }

  @Test
  void names_that_become_one() {
    assertThat(bad(facts -> facts.sameCase = "A and a")).as("ext4 tells them apart").isEmpty();
    assertThat(
            bad(
                facts -> {
                  facts.foldsCase = true;
                  facts.sameCase = "A and a";
                }))
        .containsExactly(Code.NAMES_CASE);
    assertThat(
            bad(
                facts -> {
                  facts.foldsForm = true;
                  facts.sameForm = "e";
                }))
        .containsExactly(Code.NAMES_FORM);
    assertThat(bad(facts -> facts.foldsCase = true)).isEmpty();
  }
}
