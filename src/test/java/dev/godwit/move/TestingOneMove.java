package dev.godwit.move;

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

  /** A file of new. */
  static String text(String path) throws Exception {
    return new String(move.neu().readFile(path), StandardCharsets.UTF_8);
  }
}
