package dev.godwit.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.watch.InotifyTree.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Which watch is which directory stays a tree, whatever is found at a path that is out of date. */
final class InotifyTreeTest {
  private final InotifyTree tree = new InotifyTree();
  private final List<Integer> dropped = new ArrayList<>();

  private Node put(int watch, Node parent, String name) {
    return Objects.requireNonNull(tree.put(watch, parent, name, dropped::add));
  }

  private Node root() {
    return Objects.requireNonNull(tree.put(1, null, "", dropped::add));
  }

  @Test
  void h21_a_directory_does_not_come_into_itself() {
    Node root = root();
    Node a = put(2, root, "a");
    Node x = put(3, a, "x");
    assertThat(tree.put(2, x, "c", dropped::add)).isNull();
    assertThat(tree.put(2, a, "c", dropped::add)).isNull();
    assertThat(x.path()).isEqualTo("a/x");
    assertThat(root.children).containsOnlyKeys("a");
    assertThat(put(3, root, "x").path()).isEqualTo("x");
    assertThat(put(2, x, "c").path()).isEqualTo("x/c");
    assertThat(dropped).isEmpty();
  }

  /** It went while what is in it was listed: its path is nobody's by then, or another's. */
  @Test
  void h21_nothing_comes_into_a_directory_that_is_forgotten() {
    Node root = root();
    Node a = put(2, root, "a");
    Node x = put(3, a, "x");
    Node other = put(4, root, "a");
    assertThat(dropped).containsExactly(2, 3);
    assertThat(tree.put(5, x, "c", dropped::add)).isNull();
    assertThat(tree.get(5)).isNull();
    assertThat(dropped).containsExactly(2, 3, 5);
    assertThat(tree.put(4, x, "c", dropped::add)).isNull();
    assertThat(tree.get(4)).isSameAs(other);
    assertThat(dropped).containsExactly(2, 3, 5);
    assertThat(put(5, other, "c").path()).isEqualTo("a/c");
  }
}
