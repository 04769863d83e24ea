package dev.godwit.sync.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.Names;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each of these was tried with rsync and a remote shell that prints its arguments. */
final class RemoteShellTest {
  private static List<String> split(String command) {
    return RemoteShell.split(Names.of(command)).stream().map(String::new).toList();
  }

  @Test
  void blanks_separate_and_quotes_keep_together() {
    assertThat(split("ssh -p 22")).containsExactly("ssh", "-p", "22");
    assertThat(split("x  'a b'  ")).containsExactly("x", "a b");
    assertThat(split("x a'b c'd")).containsExactly("x", "ab cd");
    assertThat(split("x \"a'b\"")).containsExactly("x", "a'b");
    assertThat(split("x '' y")).containsExactly("x", "", "y");
    assertThat(split("'./x y' z")).containsExactly("./x y", "z");
    assertThat(split("x\ty")).containsExactly("x\ty");
    assertThat(split("")).isEmpty();
    assertThat(split("  ")).isEmpty();
  }

  @Test
  void a_doubled_quote_is_one_and_a_backslash_is_nothing_special() {
    assertThat(split("x 'a''b'")).containsExactly("x", "a'b");
    assertThat(split("x \"a\"\"b\"")).containsExactly("x", "a\"b");
    assertThat(split("x a\\ b")).containsExactly("x", "a\\", "b");
  }

  @Test
  void a_quote_that_is_not_closed_is_told() {
    assertThatThrownBy(() -> split("x 'ab")).hasMessageContaining("the quote ' is not closed");
    assertThatThrownBy(() -> split("x \"ab")).hasMessageContaining("the quote \" is not closed");
  }
}
