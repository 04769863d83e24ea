package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * H11: where users and groups have other numbers on new, files are theirs there, and what is
 * written there is on old whom it would have been there; clients of a unix socket are, too.
 */
@Tag("lab")
@Timeout(600)
class OwnersMoveTest {
  private static final String OWNED = "/srv/www/owned";
  private static final List<String> MAIL = List.of("7150", "7151");

  private static final String SERVER = "/usr/local/sbin/lab-who";

  /** A service on a unix socket that tells each client its number. */
  private static final String SCRIPT =
      """
      #!/bin/bash
      . /usr/local/lib/lab-functions
      running() { { read -r pid </run/who.pid; } 2>/dev/null && alive "$pid" && echo "$pid"; }
      case $1 in
        start)
          [ -n "$(running)" ] && exit 0
          rm -f /run/who.pid
          setsid /usr/bin/python3 -c '
      import os, socket, struct
      if os.path.exists("/run/who.sock"):
          os.unlink("/run/who.sock")
      server = socket.socket(socket.AF_UNIX)
      server.bind("/run/who.sock")
      os.chmod("/run/who.sock", 0o666)
      server.listen(64)
      with open("/run/who.pid", "w") as file:
          file.write("%d\\n" % os.getpid())
      while True:
          client, _ = server.accept()
          pid, uid, gid = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
          client.sendall(b"%d" % uid)
          client.close()
      ' </dev/null >/dev/null 2>&1 &
          for ((i = 0; i < 400; i++)); do
            [ -n "$(running)" ] && exit 0
            sleep 0.05
          done
          exit 1
          ;;
        stop)
          pid=$(running) && kill -TERM "$pid"
          wait_gone 30 running
          ;;
        state) [ -n "$(running)" ] || exit 3 ;;
      esac
      """;

  private static final String PLANNED =
      """
      services:
        - name: who
          start: [/usr/local/sbin/lab-who, start]
          stop: [/usr/local/sbin/lab-who, stop]
          state: [/usr/local/sbin/lab-who, state]
          sockets: [/run/who.sock]
      """;

  /** Whom the service sees behind a client of old's socket. */
  private static String seen(TestingMove move, String user) throws Exception {
    return move.old()
        .must(
            "setpriv",
            "--reuid=" + user,
            "--regid=" + user,
            "--clear-groups",
            "/usr/bin/python3",
            "-c",
            "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/who.sock');"
                + " print(s.recv(9).decode())")
        .strip();
  }

  private static void map(TestingMove move, String users, String groups) throws Exception {
    move.changePlan(
        plan ->
            "usermap: "
                + users
                + "\ngroupmap: "
                + groups
                + "\n"
                + plan.replaceAll("(?m)^(usermap|groupmap): .*\n", ""));
  }

  private static List<String> owner(LabHost host, String path) throws Exception {
    return List.of(host.must("stat", "-c", "%u %g", path).strip().split(" "));
  }

  private static List<String> numbers(LabHost host, String user) throws Exception {
    return List.of(host.must("id", "-u", user).strip(), host.must("id", "-g", user).strip());
  }

  /** Whose lists name whom, by the host's own numbers. */
  private static String list(LabHost host, String path) throws Exception {
    return host.must("getfacl", "--omit-header", "--numeric", "--absolute-names", path);
  }

  /** All of the mail store is the mail server's, but for what is just being made there. */
  private static void awaitNothingForeign(LabHost host) throws Exception {
    String find = "find /var/vmail -ignore_readdir_race ! -user vmail -o ! -group vmail";
    TestingPatience.await(
        "a mail store that is vmail's", () -> host.must(find.split(" ")).isEmpty());
  }

  private static void awaitOwner(LabHost host, String path, List<String> owner) throws Exception {
    TestingPatience.await(
        path + " of " + owner,
        () -> host.run("test", "-e", path).exit() == 0 && owner(host, path).equals(owner));
  }

  @Test
  void h11_owners_with_other_numbers_on_new_are_theirs_there_and_back() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      LabHost old = move.old();
      LabHost neu = move.neu();
      List<String> mailOnOld = numbers(old, "vmail");
      neu.must("usermod", "-u", MAIL.get(0), "vmail");
      neu.must("groupmod", "-g", MAIL.get(1), "vmail");
      // Two who have exchanged their numbers, of whom one is called otherwise.
      old.must("useradd", "--uid", "7201", "--user-group", "anna");
      old.must("useradd", "--uid", "7202", "--user-group", "bert");
      neu.must("useradd", "--uid", "7202", "--user-group", "anna");
      old.must("mkdir", OWNED);
      for (String name : List.of("anna", "bert", "vmail")) {
        old.writeFile(OWNED + "/" + name, "of " + name);
        old.must("chown", name + ":" + name, OWNED + "/" + name);
      }
      old.must("setfacl", "-m", "u:anna:rw,u:vmail:r,g:bert:r", OWNED + "/vmail");
      old.must("setfacl", "-m", "d:u:anna:rw,d:u:bert:r", OWNED);

      assertThat(move.godwit(1, "start"))
          .contains("user vmail (" + mailOnOld.get(0) + ")", "has the number 7150", "bert");
      map(move, "[vmail:vmail, anna:anna, bert:robert]", "[vmail:vmail, anna:anna, bert:bertha]");
      assertThat(move.godwit(1, "start"))
          .contains("there is no user robert, for user bert (7202)", "usermap: bert:robert");
      map(move, "[vmail:vmail, anna:anna, bert:7201]", "[vmail:vmail, anna:anna, bert:7201]");
      assertThat(move.godwit(0, "check", "--fix"))
          .contains("created group bert (7201)", "created user bert (7201)");

      for (LabHost host : List.of(old, neu)) {
        host.writeFile(SERVER, SCRIPT, "rwxr-xr-x");
      }
      old.must(SERVER, "start");
      move.changePlan(plan -> plan.replaceFirst("(?m)^services:\n", PLANNED));
      assertThat(seen(move, "anna")).isEqualTo("7201");

      move.startClient();
      move.godwit(0, "start");
      assertThat(owner(neu, OWNED + "/vmail")).isEqualTo(MAIL);
      assertThat(owner(neu, OWNED + "/anna")).containsExactly("7202", numbers(neu, "anna").get(1));
      assertThat(owner(neu, OWNED + "/bert")).containsExactly("7201", "7201");
      assertThat(list(neu, OWNED + "/vmail"))
          .contains("user:7202:rw-", "user:7150:r--", "group:7201:r--");
      assertThat(list(neu, OWNED)).contains("default:user:7202:rw-", "default:user:7201:r--");
      awaitNothingForeign(neu);
      move.godwit(0, "verify");
      neu.must("chown", "anna", OWNED + "/bert");
      assertThat(move.godwit(1, "verify"))
          .contains("owned/bert: owner 7202:7202 and 7202:7201 in place of 7201:7201", "1 differ");
      neu.must("chown", "7201", OWNED + "/bert");

      move.godwit(0, "cutover", "--yes");
      move.assertNewServes();
      assertThat(seen(move, "anna")).as("by name").isEqualTo("7202");
      assertThat(seen(move, "bert")).as("by number").isEqualTo("7201");
      assertThat(seen(move, "daemon")).as("who is in no map").isEqualTo("1");
      neu.writeFile(OWNED + "/accepted", "by new");
      neu.must("chown", "vmail:7201", OWNED + "/accepted");
      awaitOwner(old, OWNED + "/accepted", List.of(mailOnOld.get(0), "7202"));
      move.godwit(0, "verify");
      // Nobody is asked for names any more: the way back is the way there turned round.
      neu.must("userdel", "anna");
      move.killBackground();
      move.godwit(0, "start");
      neu.must("useradd", "--uid", "7202", "--user-group", "anna");
      neu.must("chown", "7202", OWNED + "/bert");
      neu.must("setfacl", "-m", "u:7201:rwx", OWNED + "/accepted");
      awaitOwner(old, OWNED + "/bert", List.of("7201", "7202"));

      move.godwit(0, "rollback", "--yes");
      move.assertOldServes();
      assertThat(seen(move, "anna")).as("at home").isEqualTo("7201");
      assertThat(list(old, OWNED + "/accepted")).contains("user:7202:rwx");
      assertThat(list(old, OWNED + "/vmail"))
          .contains("user:7201:rw-", "user:" + mailOnOld.get(0) + ":r--", "group:7202:r--");
      assertThat(owner(old, OWNED + "/vmail")).isEqualTo(mailOnOld);
      awaitNothingForeign(old);
      old.writeFile(OWNED + "/again", "by old");
      old.must("chown", "anna:vmail", OWNED + "/again");
      awaitOwner(neu, OWNED + "/again", List.of("7202", MAIL.get(1)));
      move.endClient();
      move.assertNoneFailed();
      move.assertAllKept(old);
      move.godwit(0, "verify");
      awaitNothingForeign(neu);
    }
  }
}
