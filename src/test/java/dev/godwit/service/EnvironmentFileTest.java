package dev.godwit.service;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Files of assignments, as systemd reads them. */
final class EnvironmentFileTest {
  @Test
  void assignments_are_read_as_systemd_does() {
    assertThat(
            EnvironmentFile.assignments(
                """
                # a comment
                ; another
                SSHD_OPTS=
                DAEMON_ARGS="-a \\"b\\" $c"
                  SPACED = value with blanks
                SINGLE='a \\ "b"'
                LONG=one \\
                two
                export NOT=this
                not an assignment
                LAST=a\\ b
                """))
        .containsExactly(
            "SSHD_OPTS=",
            "DAEMON_ARGS=-a \"b\" $c",
            "SPACED=value with blanks",
            "SINGLE=a \\ \"b\"",
            "LONG=one two",
            "LAST=a b");
  }
}
