package dev.godwit.cli.sync;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.TestingProgram;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Small trees that random ones seldom grow into, each made by a script: what a copy leaves, prints
 * and ends with is the same by rsync and by {@code godwit sync}, in processes of their own.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class ScenesAgainstRsyncTest {
  private static final String TREES =
      """
      mkdir -p s/dir/sub d
      echo 1 >s/f; echo 2 >s/dir/g; echo 3 >s/dir/sub/h
      """;

  private static final String LINKED =
      """
      mkdir -p s b
      echo q >s/f; ln s/f s/g; ln -s t s/l; cp -a s/. b/
      """;

  private static final String KEPT =
      """
      mkdir -p d/s/x s/x
      echo 1 >d/s/a; echo 22 >s/a; echo 1 >d/s/x/b; echo 22 >s/x/b; echo 1 >d/s/c; echo 1 >d/s/x/e
      chmod 754 d/s; chmod 700 d/s/x; chown 7:8 d/s d/s/x; chmod 751 s s/x
      """;

  private static final String FAKE =
      """
      mkdir -p s/dir
      echo 1 >s/f; chown 7:8 s/f; chmod 4750 s/f; mknod s/dir/n c 1 5; ln -s f s/l; mkfifo s/p
      setfattr -n user.a -v 1 s/f; setfattr -n trusted.b -v 2 s/f; chown 9 s/dir; chmod 1777 s/dir
      """;

  private static final String FILTERED =
      """
      mkdir -p s/sub s/t/u b/sub b/t/u b/only c/sub
      for f in a y x z k sub/x sub/w t/k t/j t/u/x t/u/z; do echo s >s/$f; echo 22 >b/$f; done
      echo 333 >c/sub/x; echo 333 >c/k; echo 22 >b/only/z
      printf -- '- /a\n- /t/j\n- /sub/w\n' >s/.rsync-filter; printf -- '- y\n- z\n' >b/.rsync-filter
      echo '- x' >s/sub/.rsync-filter; echo '- k' >b/t/.rsync-filter; echo '- /x' >s/t/u/.rsync-filter
      """;

  private static final String UNREACHED =
      "mkdir -p s/b d/b; touch s/f s/b/y d/b/x d/f; ln -s o s/o";

  @TempDir private Path folder;

  static Stream<Arguments> scenes() {
    return Stream.of(
        // The group of what is made, where -g does not say it: the directory's own setgid bit.
        scene("group, bit goes", TREES + "chown 5:2 d; chmod 2755 d", "sync -rp s/ d/"),
        scene("group, bit stays", TREES + "chown 5:2 d; chmod 2755 d", "sync -r s/ d/"),
        scene("group, new directory", TREES + "chown 5:2 d; chmod 2755 d", "sync -rp s/dir d/"),
        scene("group, on the way", TREES + "chown 5:2 d; chmod 2755 d", "sync -rpR s/dir/sub d/"),
        scene(
            "group, bit comes",
            TREES + "mkdir d/dir; chown 5:2 d/dir; chmod 2755 s/dir",
            "sync -rp s/ d/; sync -rpo s/ d/; sync -rpg s/ d/"),
        scene(
            "group, --chmod",
            TREES + "mkdir d/dir; chown 5:2 d/dir; chmod 2755 d/dir",
            "sync -rp --chmod=D0755 s/ d/"),
        scene(
            "group, --fake-super",
            TREES + "ln -s q s/l; chown 5:2 d; chmod 2755 d",
            "sync -l --fake-super s/l s/f d/; sync -a --fake-super s/dir d/; sync -a --fake-super"
                + " --mkpath s/f d/x/y"),
        // An ordinary user may put names into a directory that he may not list.
        user(
            "drop box",
            TREES + "echo old >d/old; chmod 733 d",
            "sync -r -i s/ d; sync -a s/f d/n; sync -r --delete -i s/ d"),
        user("drop box below", TREES + "mkdir d/dir; chmod 733 d/dir", "sync -r -i s/ d"),
        user("box that cannot be written", TREES + "chmod 711 d", "sync -r -i s/f d/"),
        user(
            "what --mkpath cannot make",
            TREES + "chmod 755 d; chown 0 d",
            "sync -ri --mkpath s/ d/new/deep; sync -ri --mkpath s/f d/new/deep/g"),
        user(
            "closed directories of somebody else where files belong",
            TREES
                + "echo 2 >s/k; mkdir d/f d/k; echo k >d/k/k; chmod 755 d; chown 0 d/f d/k; chmod 700 d/f d/k",
            "sync -rni s/ d; sync -ri --delete s/ d; sync -rni --force s/ d; sync -r s/ d"),
        user(
            "into a directory that is open and somebody else's",
            TREES + "echo old >d/old; chmod 777 d; chown 0 d",
            "sync -rt -i --delay-updates s/f d/n; sync -rt -i --delay-updates s/f s/dir d;"
                + " sync -rt -i --delete-after --delay-updates s/ d"),
        scene(
            "the time of a directory that is no part of it",
            TREES + "touch -d @1000 d",
            "sync -t --delay-updates s/f d/n; stat -c %Y d | grep -c '^1000$';"
                + " touch -d @1000 d; sync -rt --delay-updates s/f s/dir d; stat -c %Y d | grep -c '^1000$'"),
        user("-d of a closed directory", TREES + "mkdir d/dir; chmod 733 d/dir", "sync -d -i s/ d"),
        user(
            "a --link-dest that he can only pass through",
            TREES
                + "cp -a s b; echo 1 >d/f; touch d b b/dir; chown -R 1000:1000 s d b/f b/dir/g b/dir/sub;"
                + " mkdir d/dir; echo 2 >d/dir/g; chmod 0 d/dir/g; chown 1000 d/dir; chmod 711 b b/dir",
            "sync -rtp -i --link-dest=../b s/ d; sync -rtp -i --link-dest=../b s/dir e;"
                + " sync -rtp -i --compare-dest=../b s/ f"),
        user(
            "a filter file that he cannot read",
            TREES + "echo '- h' >s/dir/sub/.r; chmod 600 s/dir/sub/.r",
            "sync -ri -f ': .r' s/ e; sync -rRi -f ': .r' s/dir/sub/h f | grep -v '^exit'"),
        user(
            "directories that he may list and not enter",
            "mkdir -p s/k s/m d/k; echo 1 >s/m/f; echo 1 >d/k/g; echo 1 >list; chown -R 1000:1000 s d;"
                + " chmod 600 s/k s/m",
            "sync -rni s/ d; sync -rni --delete s/ d; sync -ri s/k e; sync -ri s/k/ f; sync -r --list-only s/;"
                + " chmod 600 s; sync -ri --files-from=list s g"),
        user(
            "what is passed over where he may not look",
            TREES
                + "mkdir d/dir; ln -s f s/dir/l; mkfifo s/dir/p; rm -r s/dir/[gs]*; chmod 700 d/dir",
            "sync -ri s/ d; sync -ai s/ d"),
        user(
            "--super, and attributes of a file that he may not write",
            "mkdir s; echo 1 >s/f; setfattr -n user.a -v 1 s/f; chmod 444 s/f; chown -R 1000:1000 s",
            "sync -aX --super s/ d; getfattr -Rd d"),
        user(
            "--super in a directory that is closed to him",
            TREES + "cp -a s/dir d/; echo 22 >d/dir/g; chown -R 1000:1000 s d; chmod 555 d/dir",
            "sync -a --super -i s/ d"),
        user(
            "--super, and a directory whose content he cannot remove gives way to a file",
            "mkdir -p s d/z; echo 1 >s/z; echo 2 >d/z/f; chmod 777 d",
            "sync -r --super --force s/ d | uniq; ls -A d"),
        user(
            "backups from a directory that becomes read-only",
            TREES + "cp -a s/. d/; echo 22 >s/dir/g; chown -R 1000:1000 s d; chmod 555 s/dir",
            "sync -a -b --backup-dir=../b s/ d"),
        user(
            "attributes of what stands that he may not read",
            "mkdir s d; echo 1 >s/f; echo 2 >d/f; setfattr -n user.a -v 1 s/f; setfattr -n user.a -v 2 d/f;"
                + " chmod 222 d/f; chmod 777 d; chown 1000:1000 s/f d",
            "sync -rX s/ d | grep -v ^exit; getfattr -Rd d"),
        // Nothing is removed in a directory that is only named, whatever could not be read.
        scene(
            "an error, and no directory whose content is compared",
            TREES + "echo 1 >d/f; echo 9 >d/more; printf 'f/\\nf\\ndir/\\n' >list",
            """
            for o in --delete-before --delete-after --delete --delete-delay; do
              sync -ai --files-from=list $o s/ d; sync -ari --files-from=list $o s/ d
            done
            sync -ai --delete-before s/none s/f d; sync -ari --delete-after s/none s/f d
            """),
        // Without a word: what stands under a later name is not copied again under the first.
        scene(
            "names of one file, some of which stand",
            """
            mkdir -p s/a s/z d/a d/z e/z f/z
            echo 1 >s/a/1; ln s/a/1 s/b; ln s/a/1 s/z/1; echo 1 >d/b; echo 1 >e/z/1; echo 1 >f/z/1
            echo 2 >s/a/2; ln s/a/2 s/z/2; echo 3 >d/z/2; mkfifo s/p; ln s/p s/a/p; mkfifo d/p
            """,
            "sync -aH -b s/ d; sync -aH -b s/ e; sync -aH -b --exclude=/b s/ f; sync -aH -b s/ g"),
        // On the way to an argument nothing gives way, and a link to a directory is gone through.
        scene(
            "--no-implied-dirs where something else stands",
            """
            mkdir -p s/m/k d/n e/n f/n/k o; echo new >s/m/k/x; echo old >d/m; ln -s n e/m; ln -s n f/m
            mkdir g h i; ln -s no g/m; ln -s ../o h/m; mkdir i/m; ln -s m i/k; ln -s ../n i/m/k; mkdir i/n
            """,
            """
            for t in d e f g h i j; do
              sync -aR --no-implied-dirs s/./m/k/x $t; sync -rR --no-implied-dirs --delete s/./m/k $t
            done
            """),
        scene(
            "--no-implied-dirs where a list or a group is given to what is made",
            """
            mkdir -p s/m/k d e/m f; echo 1 >s/m/k/x; chmod 2775 e e/m; chgrp 1 e e/m
            setfacl -dm u::rwx,g::---,o::--- d; setfacl -dm u::rwx,g::r-x,o::---,u:5:rwx f; chmod 2755 f
            """,
            "for t in d e f; do sync -aR --no-implied-dirs s/./m/k/x $t; sync -rR --no-implied-dirs s/m/k/x $t; done"),
        // What a file of the tree leaves out, it leaves out of its own argument.
        scene(
            "filter files of several arguments",
            FILTERED,
            "sync -riF s/ b/ d; sync -riF b/ s/ e; sync -riFF s/ b/ f; sync -riF s b c/ g"),
        scene(
            "the same, the list made at once",
            FILTERED,
            "sync -riF --delete-before s/ b/ d; sync -riF --no-i-r b/ s/ e; sync -riF --delete-before s/ c/ b/ f"),
        scene(
            "rules from the root on for one of several arguments",
            FILTERED,
            "sync -ri -f '-/ s/y' s/ b/ d; sync -ri -f '-/ b/sub' b/ s/ e; sync -ri -f \"-/ $PWD/s/t/*\" s/ b/ f"),
        // Rules from files that end with NUL, from standard input, for paths from the root on.
        scene(
            "--from0 for merge files",
            TREES + "printf 'f\\0*h\\0' >m; printf 'f\\n' >n",
            "sync -r0 -i -f 'merge,- m' s/ d; sync -r0 -i -f 'merge,- n' s/ d"),
        scene("rules from standard input", TREES, "printf -- '- f\\n' | sync -r -i -f '. -' s/ d"),
        scene("bare rules from it", TREES, "echo h | sync -r -i -f '.- -' s/ d"),
        scene(
            "a rule from the root on for an argument",
            TREES,
            "sync -r -i -f '-/ s/f' s/dir s/f d; sync -r -i -f \"-/ $PWD/s/dir\" s/dir s/f d"),
        scene(
            "the same for a list",
            TREES + "printf './f\\ndir/./g\\n' >list",
            "sync -i --files-from=list -f '-/ s/f' s d; sync -i --files-from=list -f '-/ s/*' s e"),
        scene(
            "the path of what a list names",
            TREES + "printf 'dir/g\\nf\\n' >list; printf '/f\\ndir/sub/h\\n' >more",
            "n=0; for l in list more; do for a in s ./s/. $PWD/s/ s/./; do n=$((n + 1)); sync"
                + " --out-format='%n %f' --files-from=$l $a d$n; done; done; echo f >list; mkdir e;"
                + " sync --out-format='%n %f' --no-R --files-from=list $PWD/s e"),
        scene(
            "a list that goes in and out of directories, with rules of their own",
            "mkdir -p s/a/b/c s/z/b; for f in a/b/1 a/b/2 a/3 a/b/c/4 z/5 z/b/6 7; do echo $f >s/$f;"
                + " done; printf -- '- 2\\n- c/\\n' >s/a/b/.r; printf -- '- 5\\n' >s/z/.r;"
                + " printf 'a/b/1\\na/b/2\\na/b/no\\na/b/c/4\\na/3\\n7\\nz/b/6\\nz/5\\nno/8\\na/b/c\\na/b/1\\n' >list",
            "sync -ii --files-from=list s d; sync -ii -f ': .r' --files-from=list s e"),
        scene(
            "a loop of links that is left out, as a directory or as anything else",
            TREES + "ln -s o s/o",
            "sync -rL -f '- o' s/ d; sync -rL -f '- o/' s/ d; sync -rL -f '+ o/' -f '- o' s/ d"),
        scene(
            "arguments that are links to nothing, where links are followed",
            TREES
                + "ln -s no s/x; ln -s no s/dir/y; ln -s ../../no s/u; echo 1 >d/x; printf 'x\\nf\\n' >l;"
                + " printf 'dir/y/\\ndir/y\\ndir\\n' >m; touch -d @1000 s s/dir d",
            "sync -aiL --ignore-missing-args s/x s/f d/; sync -aiL --delete-after s/x s/dir/ d/;"
                + " sync -aiL --ignore-missing-args --files-from=l s d; sync -aiL --files-from=m s d;"
                + " sync -aiL -f '- x' --files-from=l s d; sync -aiL --delete-missing-args s/x d/;"
                + " sync -ai --copy-unsafe-links --delete-missing-args s/x s/u d/"),
        scene(
            "--fuzzy in a directory with hard links, of which something is to go",
            TREES + "ln s/f s/z; mkdir d/old; echo 2 >d/old/x; touch -d @1000 s d",
            "sync -aHyi --delete s/ d/; rm d/f; mkdir d/old; sync -aHyi --delete-delay s/ d/"),
        scene(
            "--append, and no checksum to compare by",
            TREES,
            "sync -r --append --cc=none s/ d/; sync -r --append-verify --cc=none,md5 s/ d/;"
                + " sync -r --append --cc=md5,none s/ d/"),
        // Directories that keep what was in directories that change.
        scene("the attributes of --backup-dir's", KEPT, "sync -a -b --backup-dir=../bk s d/"),
        scene("the same without permissions", KEPT, "sync -rt -b --backup-dir=../bk s d/"),
        scene("the same with --chmod", KEPT, "sync -a --chmod=D711 -b --backup-dir=../bk s d/"),
        scene("what is removed first", KEPT, "sync -a --delete-before -b --backup-dir=../bk s d/"),
        scene("what is removed", KEPT, "sync -a --delete -b --backup-dir=../bk s d/"),
        scene(
            "a way through a link of somebody else's, in an argument and in a list",
            "mkdir -p x/real; echo 1 >x/real/f; ln -s real x/l; chown -h 5 x/l; echo l/f >list",
            "sync -aRi x/./l/f d; sync -aRi $PWD/x/./l/ e; sync -aRi x/l f; sync -ai x/l/f g/;"
                + " sync -ai --files-from=list x h; sync -ai --files-from=list --no-R x i"),
        // Names that are one file, and places where they may be already.
        scene(
            "a name that stands, of several, without times",
            "mkdir s d; :>d/x; :>s/a; touch -d @9 d/x s/a; ln s/a s/x; ",
            "sync -rH s/ d; stat -c %Y d/a"),
        scene(
            "--link-dest with other times of access",
            LINKED + "touch -a -d @9 b/f",
            "sync -rltU -i --link-dest=../b s/ d"),
        scene(
            "the time of access of what is linked",
            LINKED + "cp -a s d; touch -a -d @9 s/f; touch -a -d @7 b/f",
            "sync -aUi --link-dest=../b s/ d; sync -aHUi --link-dest=../b s/ e;"
                + " sync -aUi --link-dest=../b --delay-updates s/ f; stat -c '%n %X' [bdef]/f"),
        scene(
            "--compare-dest with other times of access",
            LINKED + "touch -a -d @9 b/f",
            "sync -rltU -i --compare-dest=../b s/ d"),
        scene(
            "links in a --link-dest",
            LINKED,
            "sync -rlH -i --link-dest=../b s/ d; sync -rltH -ii --link-dest=../b s/ e"),
        scene(
            "names of one file in a --link-dest, where each is one or not",
            LINKED + "ln s/f s/h; cp s/f b/h; cp -a s/f b/a",
            """
            for o in -rlH -rltH '-rlH --size-only' -rlHc -rlHn; do
              sync $o -i --link-dest=../b s/ "d$o"; sync $o -ii --link-dest=../b s/ "e$o"
              sync $o -vv --link-dest=../b s/ "f$o" | grep -v -e ^sent -e ^delta -e ^total
            done
            """),
        scene(
            "links with several names in a --link-dest",
            LINKED
                + "ln s/l s/m; mkfifo s/p; ln s/p s/q; rm -r b; cp -a s b; mknod s/c c 1 3; ln s/c s/d",
            "sync -aH -i --link-dest=../b s/ d; sync -aHv --link-dest=../b s/ e | grep -v '^sent';"
                + " sync -rltH -ii --link-dest=../b s/ f; sync -aHn -i --link-dest=../b s/ g"),
        scene(
            "a link that leads nowhere on a way that --mkpath makes",
            TREES + "ln -s nowhere n",
            "sync -ri --mkpath s/f n/g; sync -ri --mkpath s/f d/e/g"),
        scene("links of other owners", LINKED + "chown 5 b/f", "sync -aH -i --link-dest=../b s/ d"),
        scene(
            "links of other times",
            LINKED + "touch -d @7 b/f",
            "sync -aH -i --link-dest=../b s/ d"),
        scene(
            "links in a --copy-dest",
            LINKED,
            "sync -rlH -i --copy-dest=../b s/ d; sync -aH -i --copy-dest=../b s/ e"),
        scene(
            "a directory there, without -t",
            TREES + "cp -a s b; chown 5 b/dir",
            "sync -ro -i --link-dest=../b s/ e"),
        scene(
            "a dry run with them, without a target",
            TREES + "cp -a s b; echo longer >s/f; rm -r d",
            "sync -an -i --link-dest=../b s/ d/; sync -an -i --copy-dest=$PWD/b s/ d"),
        scene(
            "a dry run with them",
            TREES + "cp -a s b; echo longer >s/f",
            "sync -an -i --link-dest=../b s/ d/; sync -rn -i --copy-dest=../b s/ d"),
        scene(
            "which name leads with -y",
            "mkdir -p s/c d; echo z >s/Z; ln s/Z s/c/x; echo old >d/B",
            "sync -rH -i -y s/ d"),
        scene(
            "the same, too unlike",
            "mkdir -p s/c d; echo z >s/Z; ln s/Z s/c/x; echo old >d/B.tar",
            "sync -rH -i -y s/ d"),
        // How often a directory on the way is counted.
        scene(
            "counts, -R",
            TREES,
            "sync -lR --stats s/f s/dir/g d; sync -lR --stats s/f s/dir/sub/h d"),
        scene(
            "counts, -rR",
            TREES,
            "sync -rR --stats s/f s/dir/g d; sync -rmR --stats s/f s/dir/g d"),
        scene(
            "counts, an argument that is missing",
            TREES,
            "sync -r --stats --delete-missing-args s/y s/f d"),
        scene(
            "why names are passed over",
            TREES
                + "cp -a s/. d/; echo longer >s/f; chmod 700 s/dir/g; rm d/dir/sub/h; mkfifo"
                + " d/dir/sub/h; ln -s a s/l; ln -s b d/l; echo 4 >s/n; cp -a s/n d/",
            "sync -a --info=skip2 --ignore-existing s/ d/; sync -ac --info=skip2 --ignore-existing"
                + " s/ d/; sync -a --info=skip1 --ignore-existing s/ d/"),
        scene(
            "links that are munged, by the target alone or given back by the source",
            "mkdir -p s/a d e/a f/a g; ln -s f s/a/l; ln -s /rsyncd-munged/x s/m; ln -s ../../o s/u;"
                + " ln -s /rsyncd-munged/f e/a/l; ln -s f e/m; cp -a e/. f/; touch -h -d @9 [sef]/* [sef]/a/*",
            "sync -ai -M--munge-links s/ d; sync -aii -M--munge-links s/ d; sync -ai --munge-links d/ g;"
                + " sync -aii -M--munge-links s/ e; sync -aii -M--munge-links --link-dest=../f s/ h;"
                + " sync -ai --munge-links -M--munge-links s/ i; sync -ai --munge-links --list-only s/;"
                + " sync -ai -M--munge-links --safe-links s/ j; sync -ai --munge-links --safe-links s/ k;"
                + " sync -rLi --munge-links --copy-unsafe-links s/a/ l | grep -v created; sync -ai -M--munge-links -M--fake-super s/ m;"
                + " sync -ai --fake-super -M--super --munge-links m/ n; sync -aHi -M--munge-links s/ o"),
        scene(
            "which rule decides",
            "mkdir -p s/sub s/d/e d/d d/gone/in; touch s/a.o s/keep.o s/x s/sub/b.o s/d/e/q d/gone.o d/gone/p.o d/gone/in/k d/d/z.o;"
                + " cp -a d e; cp -a d f; cp -a d g; printf 'a.o\\nd/e\\nx\\n' >list",
            "why() { sync \"$@\" | grep because; }; why -avv --delete -f +_keep.o -f '-_*.o' s/ d;"
                + " why -rn --debug=FILTER --exclude=sub/ s/ d; why -rvv --debug=FILTER0 --exclude=x s/ d;"
                + " why -nR --debug=all2 --exclude=a.o --exclude=e s/a.o s/d/e s/x d;"
                + " why -avv --files-from=list --exclude=a.o --exclude=/d/e s e;"
                + " why -aq --debug=filter --exclude=x s/ e; why -vvdH --exclude=s s g;"
                + " why -avv --delete-excluded --delete-after -f H_x -f 'P_*.o' -f R_k s/ f"),
        // No attribute can be kept on them (xattr(7)): that is an error, and setuid goes in any
        // case.
        scene(
            "real devices where --fake-super keeps something else",
            "mkdir s d; mknod s/x c 241 7; mknod d/x c 241 7; mkfifo s/p d/p; mknod s/y b 241 7; mknod d/y b 241 7;"
                + " chmod 4755 d/x; chmod 400 d/p; touch -d @9 [sd]/*",
            "sync -rogD --fake-super s/ d; sync -rogDn --fake-super s/ d; sync -rogDi --fake-super s/ d"),
        // Others.
        scene(
            "a filter of attributes, and a list that is inherited",
            TREES + "setfacl -dm u:5:rwx d; setfattr -n user.a -v 1 s/f",
            "sync -rpX -f '-x user.b' s/f s/dir d/"),
        scene(
            "a target that is somebody's link to nothing",
            TREES + "ln -s nowhere e; chown -h 5 e",
            "sync -n -i s/f e; sync -i s/f e"),
        attributes("hidden from both sides", "-x user.a"),
        attributes("hidden at the source", "-xs user.a"),
        attributes("protected at the target", "-xr user.a"),
        attributes("one of each", "-xs user.a' -f '-xr user.b"),
        attributes("all but one at the source", "+xs user.a' -f '-xs user.*"),
        attributes("with --delete-excluded", "-x user.a' --delete-excluded --delete -f '+ q"),
        user(
            "removals in directories that cannot be listed",
            "mkdir -p s d/a/x d/top d/full/in; touch d/full/in/f; chmod 700 d/a/x d/top d/full/in;"
                + " chown 1000:1000 d d/a d/full",
            "sync -r -i -n --delete s/ d; sync -r -i --delete s/ d"),
        user(
            "removals in directories that are read-only",
            "mkdir -p s d/cache/mod/in d/kept s/way d/way/in; touch d/cache/mod/f d/cache/mod/in/g"
                + " d/kept/k d/way/in/h; rmdir s/way; echo 1 >s/way; ln -s f d/cache/mod/l;"
                + " chown -hR 1000:1000 d s; chmod 555 d/cache/mod/in d/cache/mod d/kept d/way/in"
                + " d/way",
            "sync -r -i -n --delete s/ d; sync -r -i -f 'P cache' --delete s/ d; sync -r -b -i"
                + " --backup-dir=../bk --delete-after s/ d"),
        scene(
            "an argument that is no directory or cannot be reached",
            UNREACHED,
            "for a in s/f/ s/f/g s/o/ no/ no/g '--ignore-missing-args no/'; do sync -r -n -i --delete"
                + " $a s/b d; done"),
        scene(
            "the same with -R, and in a list",
            UNREACHED,
            "for a in s/f/g s/./f/g s/no/./g s/o/x; do sync -rR -n -i --delete $a s/b d; done;"
                + " printf 'f/g\\nb/\\n' >list; sync -r -i --delete --files-from=list s d"),
        scene(
            "the target alone pretends to be root",
            FAKE,
            "sync -aX -i -M--fake-super s/ d; getfattr -Rhd -m . d | sort"),
        scene(
            "the source alone pretends it",
            FAKE + "rsync -aX --fake-super s/ f; rm -r s",
            "sync -aX -i --fake-super -M--super f/ d; sync -a -ii --fake-super -M--super f/ d;"
                + " getfattr -Rhd -m . d | sort"),
        scene(
            "--safe-links, and texts that end above",
            "mkdir -p s/a/b/c; for t in .. ../.. ../../.. ../../../ ../../ ./.. ../. .//.. ../..//; do"
                + " for d in a/b/c a .; do ln -s $t s/$d/l$(echo $t | tr / _); done; done",
            "sync -a -i --safe-links s/ d"),
        scene(
            "-R and a link that leads nowhere",
            TREES + "ln -s nowhere s/dir/l",
            "sync -rRL -i s/dir/l d; sync -rR -i --copy-unsafe-links s/./dir/l s/./f d"),
        scene(
            "-R and links to directories that lead out, or not",
            TREES + "mkdir out; echo 4 >out/x; ln -s ../out s/l; ln -s dir s/in",
            "for a in s/l s/./l s/l/ s/in s/./in s/l/x; do sync -rlR -i --copy-unsafe-links $a d;"
                + " done"),
        scene(
            "names with the suffix give way",
            "mkdir s d; for n in f l p; do echo n >s/$n~; mkdir s/d$n~; ln -s w s/l$n~; done;"
                + " for n in '' d l; do echo o >d/${n}f~; ln -s q d/${n}l~; mkfifo d/${n}p~; done",
            "sync -a -b s/ d"),
        scene(
            "names with the suffix in place, and linked",
            "mkdir s d; echo n >s/l~; echo n >s/p~; ln s/l~ s/a; ln -s q d/l~; mkfifo d/p~",
            "sync -aH --inplace -b s/ d"),
        scene(
            "the time of what the folder for backups is made in",
            TREES + "mkdir -p d/dir/sub; echo old >d/dir/sub/h; echo >d/dir/gone",
            "touch -d @1500000000 d; sync -a -b --backup-dir=bk --delete-delay s/ d; stat -c %Y d"),
        scene(
            "-R with ..",
            TREES,
            "sync -aR s/../s/dir d; sync -aR ./s/.. d; sync -aR ../nosuch d; sync -aR s/../s/./dir"
                + " d"),
        scene(
            "--fake-super over devices that stand",
            "mkdir s d; mknod s/n c 1 5; mknod d/n c 1 5; mkfifo s/p d/p",
            "touch -d @1500000000 d/n d/p; sync -ai --fake-super s/ d; touch -d @1500000000 d/n d/p;"
                + " sync -aAi --fake-super s/ d"),
        scene(
            "a log that cannot be opened",
            TREES,
            "sync -ri --log-file=none/log s/ d | grep -v '^Ignoring \"log file\"'"),
        scene("--mkpath through a file", TREES + "echo >e", "sync --mkpath s/f e/new/deep"),
        scene(
            "--mkpath to a file",
            TREES + "echo >e; echo f >list",
            "sync --mkpath s/f e/; sync -r --mkpath s/ e/; sync -nr --mkpath s/dir e/; sync --mkpath"
                + " --files-from=list s e/; sync --mkpath s/f s/dir/g e; sync -r --mkpath s/ e; sync s/f e/"),
        scene(
            "a directory of links that lead nowhere, to a new name",
            "mkdir -p s/a s/b s/c; ln -s no s/a/l; ln -s no s/b/l; echo 1 >s/b/f; ln -s ../../no s/c/k",
            "for o in -L -Ln --copy-unsafe-links -k '-L --no-i-r'; do for a in a a/ b c; do"
                + " sync -ri $o s/$a d$o$a; sync -ri $o s/$a e/n; sync -ri $o s/$a s/k f$o$a; done; done"),
        scene(
            "what went, in a log with names alone",
            TREES + "echo >d/gone",
            "sync -r --delete --log-file=log --log-file-format=%n s/ d; sed 's/^.*\\] //' log; rm log"));
  }

  private static Arguments scene(String name, String made, String run) {
    return Arguments.of(name, made, run, "\"$@\"");
  }

  /** Extended attributes, of which only some are hidden or protected (modifier x). */
  private static Arguments attributes(String name, String rule) {
    String made =
        """
        mkdir s d; touch s/new s/f d/f
        setfattr -n user.a -v 1 s/f; setfattr -n user.b -v 2 s/f; setfattr -n user.a -v 3 s/new
        setfattr -n user.a -v old d/f; setfattr -n user.b -v old d/f; setfattr -n user.c -v old d/f
        """;
    String run = "sync -aX -i -f '" + rule + "' s/ d/; getfattr -R -d -m user. d | sort";
    return scene("attributes " + name, made, run);
  }

  private static Arguments user(String name, String made, String run) {
    String user = "setpriv --reuid=1000 --regid=1000 --clear-groups \"$@\"";
    return Arguments.of(name + ", as a user", made, run, user);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("scenes")
  void a_scene_ends_as_with_rsync(String name, String made, String run, String start)
      throws Exception {
    String byRsync = ended("rsync", "/usr/bin/rsync", made, run, start);
    String byGodwit =
        ended("godwit", String.join(" ", TestingProgram.command("sync")), made, run, start);
    assertThat(byGodwit).as(name).isEqualTo(byRsync);
  }

  /** A thousand names take no more handles than the directories that they are in. */
  @ParameterizedTest
  @MethodSource("manyNames")
  void names_without_number_need_few_open_files(String run) throws Exception {
    String made = "mkdir s; cd s; seq 3000 | xargs touch; ls >../list; cd ..; ulimit -n 200";
    String program = String.join(" ", TestingProgram.command("sync"));
    assertThat(ended("godwit", program, made, run, "\"$@\""))
        .contains("exit 0\n", "\nd/3000 f ")
        .isEqualTo(ended("rsync", "/usr/bin/rsync", made, run, "\"$@\""));
  }

  static Stream<String> manyNames() {
    return Stream.of(
        "sync -a s/* d/", "sync -a --files-from=list s d", "sync -aR --files-from=list --no-R s d");
  }

  private String ended(String name, String program, String made, String run, String start)
      throws Exception {
    String script =
        """
        set -e; umask 022
        mkdir %s; cd %s
        chmod 755 .. .
        %s
        find . -exec touch -h -m -d @1600000000 {} +
        set +e
        start() { %s 2>/dev/null; echo "exit $?"; }
        sync() { start timeout 30 %s "$@" | LC_ALL=C sort; }
        export LC_ALL=C
        chmod 777 .
        %s
        find . -mindepth 1 -printf '%%P %%y %%m %%U:%%G %%n %%s %%l\\n' | grep -v ' d ' | sort
        find . -mindepth 1 -type d -printf '%%P %%y %%m %%U:%%G\\n' | sort
        getfacl -Rnps . | grep -v '^# [og]' || true
        """
            .formatted(name, name, made, start, program, run);
    Process process =
        new ProcessBuilder("bash", "-c", script)
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    assertThat(process.waitFor()).as(said).isZero();
    return said.replace(folder.resolve(name).toString(), "HERE")
        .replaceAll(
            "(?m)^(sent |IO error encountered|total size|Number of .*transferred|Total .*(sent|received)|File list).*\n",
            "");
  }
}
