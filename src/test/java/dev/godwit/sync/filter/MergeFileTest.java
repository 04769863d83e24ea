package dev.godwit.sync.filter;

import static dev.godwit.sync.filter.TestingScope.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of rules, given by options and found in directories. */
class MergeFileTest {
  @TempDir Path folder;
  private Path tree;

  @BeforeEach
  void makeTree() throws Exception {
    tree = folder.resolve("tree");
    for (String name : List.of("f1", "f2", "a/f1", "a/f2", "a/b/f1", "a/b/f2", "z/f1")) {
      write("tree/" + name, "");
    }
  }

  private void write(String path, String content) throws Exception {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content, StandardCharsets.ISO_8859_1);
  }

  private FilterSettings settings(@Nullable String confineRoot, @Nullable InputStream input) {
    byte[] root = confineRoot == null ? null : Names.of(confineRoot);
    return new FilterSettings(false, false, root, input, name -> null);
  }

  private Filters filters(String... rules) throws FilterException {
    return Filters.of(TestingScope.rules(rules), settings(null, null));
  }

  /** What is transferred of the tree, files of rules left out. */
  private SortedSet<String> selected(String... rules) throws Exception {
    return selected(filters(rules));
  }

  private SortedSet<String> selected(Filters filters) throws Exception {
    try (DirectoryHandle directory = DirectoryHandle.open(Names.of(tree.toString()))) {
      FilterScope scope = filters.source(Names.of(tree.toString())).at(directory);
      SortedSet<String> names = TestingSelection.transferred(scope, directory, null);
      names.removeIf(name -> name.endsWith("/") || name.contains(".") || name.contains("rules"));
      return names;
    }
  }

  @Test
  void a_file_of_an_option_stands_where_the_option_does() throws Exception {
    write("rules", "# what\n\n; why\n- f1\r\n. " + folder + "/more\n- /a/f2");
    write("more", "+ f2\n");
    assertThat(selected("+ /z/f1", ". " + folder + "/rules", "- *2"))
        .containsExactly("a/b/f2", "a/f2", "f2", "z/f1");
    assertThat(selected("merge " + folder + "/rules")).containsExactly("a/b/f2", "a/f2", "f2");
  }

  @Test
  void modifiers_of_a_file_are_for_its_rules() throws Exception {
    write("rules", "- f1\n");
    Filters filters = filters(".r " + folder + "/rules");
    assertThat(selected(filters)).contains("f1");
    assertThat(TestingScope.excludes(filters.target(TestingScope.ROOT), "f1")).isTrue();
    write("names", "f1\n+ f2\n!\n");
    assertThat(selected(".- " + folder + "/names")).containsExactly("a/b/f2", "a/f2", "f2");
    assertThat(selected(".+ " + folder + "/names", "- *")).containsExactly("f1");
    assertThat(selected(".e " + tree + "/f2")).containsExactly("a/b/f1", "a/f1", "f1", "z/f1");
  }

  @Test
  void words_are_rules_when_a_file_is_read_so() throws Exception {
    write("rules", " -_f1\t+ /a/f2\n - f2 #x");
    assertThatThrownBy(() -> selected(".w " + folder + "/rules"))
        .hasMessageContaining("line 2")
        .hasMessageContaining("unknown rule");
    write("rules", " -_f1\t+ /a/f2\n - f2 ! + x - f1 ");
    assertThat(selected(".w " + folder + "/rules")).containsExactly("a/b/f2", "a/f2", "f2");
    write("rules", "f2 ! - #x\n f1");
    assertThat(selected(".C " + folder + "/rules")).containsExactly("a/b/f2", "a/f2", "f2");
  }

  @Test
  void a_file_comes_from_standard_input() throws Exception {
    InputStream input = new ByteArrayInputStream(bytes("- f1\n"));
    Filters filters = Filters.of(TestingScope.rules(". -"), settings(null, input));
    assertThat(selected(filters)).containsExactly("a/b/f2", "a/f2", "f2");
    assertThatThrownBy(() -> filters(". -")).hasMessageContaining("standard input");
  }

  @Test
  void a_missing_file_and_one_that_names_itself_are_told() throws Exception {
    assertThatThrownBy(() -> filters(". " + folder + "/none"))
        .hasMessageContaining("no such file")
        .satisfies(e -> assertThat(((FilterException) e).exitValue()).isEqualTo(11));
    write("rules", ". " + folder + "/rules\n");
    assertThatThrownBy(() -> filters(". " + folder + "/rules"))
        .hasMessageContaining("32 deep")
        .satisfies(e -> assertThat(((FilterException) e).exitValue()).isEqualTo(11));
    assertThatThrownBy(() -> filters(". " + folder)).hasMessageContaining("Is a directory");
    assertThat(filters(". /dev/null").isEmpty()).isTrue();
  }

  @Test
  void the_side_is_named_once() throws Exception {
    write("rules", "H f1\n");
    assertThatThrownBy(() -> filters(".s " + folder + "/rules"))
        .hasMessageContaining("names a side");
    write("tree/a/.x", "\n:r .y\n");
    assertThatThrownBy(() -> selected(":s .x"))
        .hasMessageContaining("names a side")
        .hasMessageContaining("line 2 of " + tree + "/a/.x");
  }

  @Test
  void h43_what_a_file_says_is_in_no_message() throws Exception {
    write("rules", "- a\nsecret:x:1\n");
    assertThatThrownBy(() -> filters(". " + folder + "/rules"))
        .hasMessageContaining("line 2 of " + folder + "/rules")
        .hasMessageNotContaining("secret");
    write("rules", "-ecret a\n");
    assertThatThrownBy(() -> filters(". " + folder + "/rules"))
        .hasMessageContaining("position 1")
        .hasMessageNotContaining("ecret");
  }

  @Test
  void a_directory_s_rules_come_before_those_it_inherits() throws Exception {
    write("tree/.x", "- f1\n");
    write("tree/a/.x", "+ f1\n- f2\n");
    assertThat(selected(": .x")).containsExactly("a/b/f1", "a/f1", "f2");
    assertThat(selected("+ f1", ": .x")).contains("f1", "z/f1");
    assertThat(selected(": .x", "- f2")).containsExactly("a/b/f1", "a/f1");
  }

  @Test
  void rules_that_are_not_inherited_are_for_one_directory() throws Exception {
    write("tree/.x", "- f1\n");
    write("tree/a/.x", "- f2\n");
    assertThat(selected(":n .x")).containsExactly("a/b/f1", "a/b/f2", "a/f1", "f2", "z/f1");
  }

  @Test
  void a_directory_clears_what_it_inherits_and_no_more() throws Exception {
    write("tree/.x", "- f1\n");
    write("tree/a/.x", "!\n- f2\n");
    assertThat(selected(": .x", "- /a/b/f1")).containsExactly("a/f1", "f2");
  }

  @Test
  void anchored_rules_of_a_directory_begin_there() throws Exception {
    write("tree/a/.x", "- /f1\n- /b/f2\n");
    assertThat(selected(": .x")).containsExactly("a/b/f1", "a/f2", "f1", "f2", "z/f1");
    write("tree/a/.x", "- a/f1\n- /a/f2\n");
    assertThat(selected(": .x")).containsExactly("a/b/f1", "a/b/f2", "a/f2", "f1", "f2", "z/f1");
    write("tree/a/.x", "-/ /f1\n-/ " + tree + "/a/f2\n");
    assertThat(selected(": .x")).containsExactly("a/b/f1", "a/b/f2", "a/f1", "f1", "f2", "z/f1");
  }

  @Test
  void directories_that_look_like_patterns_have_anchored_rules_too() throws Exception {
    for (String name : List.of("x[1]", "a*b", "b\\c")) {
      write("tree/" + name + "/f1", "");
      write("tree/" + name + "/f2", "");
      write("tree/" + name + "/.x", "- /f[1]\n");
      assertThat(selected(": .x")).contains(name + "/f2").doesNotContain(name + "/f1");
    }
  }

  @Test
  void a_file_of_a_directory_names_further_ones() throws Exception {
    write("tree/a/.x", ": .y\n. .m\n");
    write("tree/a/.m", "- /a/f1\n");
    write("tree/a/b/.y", "- f2\n");
    write("tree/z/.y", "- f1\n");
    assertThat(selected(": .x")).containsExactly("a/b/f1", "a/f2", "f1", "f2", "z/f1");
    write("tree/a/.x", ". ../z/rules\n");
    write("tree/z/rules", "- f2\n");
    assertThat(selected(": .x")).containsExactly("a/b/f1", "a/f1", "f1", "f2", "z/f1");
  }

  @Test
  void a_file_excludes_itself() throws Exception {
    write("tree/a/.x", "");
    try (DirectoryHandle directory = DirectoryHandle.open(Names.of(tree.toString()))) {
      FilterScope scope = filters(":e .x").source().at(directory);
      assertThat(TestingSelection.transferred(scope, directory, null)).doesNotContain("a/.x");
      FilterScope other = filters(": .x").source().at(directory);
      assertThat(TestingSelection.transferred(other, directory, null)).contains("a/.x");
    }
  }

  @Test
  void cvs_files_are_for_their_directory() throws Exception {
    write("tree/.cvsignore", "f1 x");
    write("tree/a/.cvsignore", "- f2");
    assertThat(selected(":C")).containsExactly("a/b/f1", "a/b/f2", "a/f1", "f2", "z/f1");
  }

  @Test
  void lines_end_with_nul_when_asked() throws Exception {
    write("tree/.x", "- f1\n\0#\0- f2\0");
    FilterSettings settings = new FilterSettings(false, true, null, null, name -> null);
    Filters filters = Filters.of(TestingScope.rules(": .x"), settings);
    assertThat(selected(filters)).containsExactly("a/b/f1", "a/f1", "f1", "z/f1");
  }

  @Test
  void directories_above_the_transfer_are_read_from_where_the_rule_says() throws Exception {
    write(".x", "- /tree/a/f1\n- f2\n- tree/f1\n");
    write("tree/.x", "+ /a/f2\n");
    assertThat(selected(": /.x")).containsExactly("a/b/f1", "a/f2", "f1", "z/f1");
    assertThat(selected(": ../.x")).containsExactly("a/b/f1", "a/f2", "f1", "z/f1");
    assertThat(selected(": " + folder + "/.x")).containsExactly("a/b/f1", "a/f2", "f1", "z/f1");
    assertThat(selected(": " + folder + "/other/.x")).contains("a/f1", "f2");
    assertThat(selected(": .x")).contains("a/f1", "f2");
    assertThat(selected(":n /.x")).contains("a/f1", "f2");
  }

  @Test
  void a_single_directory_is_entered_from_the_one_it_is_in() throws Exception {
    write(".x", "- /tree/a/f1\n");
    write("tree/.x", "- /a/f2\n");
    Filters above = filters(": /.x");
    Filters within = filters(": .x");
    try (DirectoryHandle directory = DirectoryHandle.open(Names.of(tree.toString()))) {
      byte[] root = Names.of(tree.toString());
      assertThat(TestingSelection.transferred(above.source(root), directory, "a"))
          .containsExactly("a/", "a/b/", "a/b/f1", "a/b/f2");
      assertThat(TestingSelection.transferred(within.source(root), directory, "a"))
          .containsExactly("a/", "a/b/", "a/b/f1", "a/b/f2", "a/f1", "a/f2");
    }
  }

  @Test
  void the_root_s_path_is_found_when_it_is_not_given() throws Exception {
    write(".x", "- /tree/a/f1\n-/ " + tree + "/a/b/f?\n");
    Filters filters = filters(": /.x", "-/ " + tree + "/a/f2");
    try (DirectoryHandle directory = DirectoryHandle.open(Names.of(tree.toString()))) {
      assertThat(TestingSelection.transferred(filters.source().at(directory), directory, null))
          .doesNotContain("a/f1", "a/f2", "a/b/f1")
          .contains("f1");
      assertThat(TestingSelection.transferred(filters.source(), directory, "a"))
          .containsExactly("a/", "a/b/");
    }
  }

  @Test
  void h3_a_link_is_followed_when_root_or_oneself_made_it() throws Exception {
    assumeTrue(Identity.isRoot(), "only root can give a link to somebody else");
    write("tree/rules", "- f1\n");
    Path link = tree.resolve("a/.x");
    Files.createSymbolicLink(link, Path.of("../rules"));
    assertThat(selected(": .x")).containsExactly("a/b/f2", "a/f2", "f1", "f2", "z/f1");
    assertThat(selected(". " + link)).containsExactly("a/b/f2", "a/f2", "f2");
    Files.setAttribute(link, "unix:uid", 65534, LinkOption.NOFOLLOW_LINKS);
    assertThatThrownBy(() -> selected(": .x"))
        .isInstanceOf(FilterException.class)
        .hasMessageContaining("belongs to user 65534")
        .hasMessageContaining(link.toString());
    assertThatThrownBy(() -> filters(". " + link)).hasMessageContaining("user 65534");
    Path directory = folder.resolve("directory");
    Files.createSymbolicLink(directory, tree);
    assertThat(filters(". " + directory + "/rules").isEmpty()).isFalse();
    Files.setAttribute(directory, "unix:uid", 65534, LinkOption.NOFOLLOW_LINKS);
    assertThatThrownBy(() -> filters(". " + directory + "/rules"))
        .hasMessageContaining("user 65534");
  }

  @Test
  void h5_what_is_no_regular_file_is_not_opened() throws Exception {
    try (DirectoryHandle directory = DirectoryHandle.open(Names.of(tree.toString() + "/a"))) {
      directory.makeFifo(bytes(".x"), 0600);
    }
    Files.createDirectory(tree.resolve("z/.x"));
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          assertThat(selected(": .x")).hasSize(7);
          assertThatThrownBy(() -> filters(". " + tree + "/a/.x"))
              .hasMessageContaining("no regular file");
        });
  }

  @Test
  void a_dangling_link_and_a_file_in_the_way_are_no_files_of_rules() throws Exception {
    Files.createSymbolicLink(tree.resolve("a/.x"), Path.of("nowhere"));
    Files.createSymbolicLink(tree.resolve("z/.x"), Path.of("../f1/rules"));
    assertThat(selected(": .x")).hasSize(7);
    assertThatThrownBy(() -> filters(". " + tree + "/f1/rules"))
        .hasMessageContaining("no such file");
  }

  @Test
  void files_lie_below_the_directory_that_they_are_confined_to() throws Exception {
    write("rules", "- f1\n");
    write("tree/rules", "- f2\n");
    String confineRoot = tree.toString();
    List<FilterRule> inside = TestingScope.rules(". " + tree + "/a/../rules");
    List<FilterRule> outside = TestingScope.rules(". " + tree + "/../rules");
    assertThat(selected(Filters.of(inside, settings(confineRoot, null)))).contains("f1");
    assertThatThrownBy(() -> Filters.of(outside, settings(confineRoot, null)))
        .hasMessageContaining("is not below " + tree);
    write("tree/a/.x", ". ../../rules\n");
    assertThat(selected(": .x")).doesNotContain("a/f1");
    Filters confined = Filters.of(TestingScope.rules(": .x"), settings(confineRoot, null));
    assertThatThrownBy(() -> selected(confined)).hasMessageContaining("is not below " + tree);
  }

  @Test
  void h42_files_that_name_each_other_many_times_are_bounded() throws Exception {
    for (int i = 0; i < 31; i++) {
      write("tree/a/m" + i, (". ./m" + (i + 1) + "\n").repeat(20));
    }
    write("tree/a/m31", "- x\n");
    write("tree/a/.x", ". ./m0\n");
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          assertThatThrownBy(() -> selected(": .x")).hasMessageContaining("too many filter rules");
          assertThatThrownBy(() -> filters(". " + tree + "/a/.x"))
              .isInstanceOf(FilterException.class);
        });
    write("tree/a/.x", "#".repeat((1 << 20) + 1));
    assertThatThrownBy(() -> selected(": .x")).hasMessageContaining("longer than 1048576 bytes");
    write("tree/a/.x", "#".repeat(1 << 20));
    assertThat(selected(": .x")).isNotEmpty();
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 101; i++) {
      many.append(": .n").append(i).append('\n');
    }
    write("tree/a/.x", many.toString());
    assertThatThrownBy(() -> selected(": .x")).hasMessageContaining("more than 100");
  }

  @Test
  void h42_patterns_that_take_much_memory_are_bounded() throws Exception {
    StringBuilder pattern = new StringBuilder();
    for (char c = ' '; c < 256; c++) {
      pattern.append("*?[\\/".indexOf(c) < 0 ? String.valueOf(c) : "");
    }
    write("tree/a/.x", ("- " + pattern.toString().repeat(18) + "*x*\n").repeat(250));
    assertThatThrownBy(() -> selected(": .x")).hasMessageContaining("take more than");
  }

  @Test
  void h42_what_directories_inherit_is_bounded() throws Exception {
    String path = "deep";
    for (int i = 0; i < 20; i++) {
      write("tree/" + path + "/.x", ("- " + "x".repeat(4000) + "\n").repeat(250));
      path += "/d";
    }
    assertThatThrownBy(() -> selected(": .x")).hasMessageContaining("in effect in one directory");
  }

  @Test
  void a_file_that_cannot_be_read_is_told() throws Exception {
    Filters filters = filters(": mem"); // regular, and no memory is at its beginning
    try (DirectoryHandle directory = DirectoryHandle.open(Names.of("/proc/self"))) {
      assertThatThrownBy(() -> filters.source().at(directory)).isInstanceOf(LinuxException.class);
    }
  }
}
