package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A server's certificate that nobody has signed and that has ended. */
public final class TestingCertificate {
  private static final char[] PASSWORD = "changeit".toCharArray();

  private TestingCertificate() {}

  /**
   * For the sockets of a server.
   *
   * @param folder for the key
   */
  public static SSLContext context(Path folder) throws Exception {
    Path file = folder.resolve("key.p12");
    Processes.Outcome made =
        Processes.run(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-dname",
                "CN=somebody.example",
                "-startdate",
                "2020/01/01",
                "-validity",
                "1",
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD),
                "-keystore",
                file.toString()),
            Duration.ofSeconds(60));
    assertThat(made.isSuccess()).as(made.err() + made.out()).isTrue();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }
}
