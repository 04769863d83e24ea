package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;

/** The name in a TLS client's first message. */
final class ServerNameTest {
  private static byte[] hello(String host) throws Exception {
    SSLEngine engine = SSLContext.getDefault().createSSLEngine(host, 443);
    engine.setUseClientMode(true);
    ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), out);
    return Arrays.copyOf(out.array(), out.position());
  }

  @Test
  void the_name_is_found_and_only_when_all_has_come() throws Exception {
    byte[] hello = hello("www.example.org");
    assertThat(ServerName.find(hello, hello.length).name()).isEqualTo("www.example.org");
    for (int cut = 0; cut < hello.length; cut++) {
      assertThat(ServerName.find(hello, cut).complete()).as("%d bytes", cut).isFalse();
    }
  }

  @Test
  void a_message_in_several_records_is_put_together() throws Exception {
    byte[] hello = hello("www.example.org");
    ByteBuffer cut = ByteBuffer.allocate(hello.length + 5);
    int first = 40;
    cut.put(hello, 0, 3).putShort((short) first).put(hello, 5, first);
    cut.put(hello, 0, 3).putShort((short) (hello.length - 5 - first));
    cut.put(hello, 5 + first, hello.length - 5 - first);
    assertThat(ServerName.find(cut.array(), cut.capacity()).name()).isEqualTo("www.example.org");
  }

  @Test
  void who_asks_for_no_name_or_speaks_no_tls_has_none() throws Exception {
    byte[] hello = hello("192.0.2.1");
    assertThat(ServerName.find(hello, hello.length)).isEqualTo(new ServerName.Found(true, null));
    byte[] plain = "GET / HTTP/1.0\r\n".getBytes();
    assertThat(ServerName.find(plain, plain.length)).isEqualTo(new ServerName.Found(true, null));
  }

  @Test
  void noise_is_never_more_than_no_name() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    byte[] hello = hello("www.example.org");
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = hello.clone();
      for (int change = random.nextInt(6); change > 0; change--) {
        bytes[random.nextInt(Math.min(bytes.length, 300))] = (byte) random.nextInt(256);
      }
      ServerName.Found found = ServerName.find(bytes, random.nextInt(bytes.length + 1));
      assertThat(found.name() == null || found.name().length() <= 255).isTrue();
    }
  }
}
