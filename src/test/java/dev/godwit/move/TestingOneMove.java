package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.LabHost;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;

/** Tests of one move, which a test class puts up before its first test. */
abstract class TestingOneMove {
  static final String APP = "/usr/local/sbin/lab-app";
  static final String NGINX_CONF = "/etc/nginx/nginx.conf";

  /** What a class puts up before its first test; classes run one after the other. */
  @SuppressWarnings("NullAway.Init")
  static TestingMove move;

  @AfterAll
  @SuppressWarnings("NullAway") // the next class may fail before it has one of its own
  static void down() {
    if (move != null) {
      move.close();
      move = null;
    }
  }

  /** Lets nginx's start end when it has had an answer at its own port. */
  static void startAsksItself(LabHost host, String page) throws Exception {
    change(
        host,
        "/usr/local/sbin/lab-nginx",
        "wait_answer 80\n",
        "wait_answer 80 && curl -sS --max-time 60 -o /dev/null http://localhost" + page + "\n",
        "rwxr-xr-x");
  }

  static void change(LabHost host, String file, String what, String into, String mode)
      throws Exception {
    String text = new String(host.readFile(file), StandardCharsets.UTF_8);
    assertThat(text).contains(what);
    host.writeFile(file, text.replace(what, into), mode);
  }

  /** A file of new. */
  static String text(String path) throws Exception {
    return new String(move.neu().readFile(path), StandardCharsets.UTF_8);
  }
}
