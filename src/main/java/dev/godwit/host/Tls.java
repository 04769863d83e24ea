package dev.godwit.host;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * TLS with a service that is asked whether it answers, and told nothing that anybody may not hear:
 * whose its certificate is does not matter.
 */
public final class Tls {
  private Tls() {}

  /**
   * Shakes hands over a connection; what is read or said in plain text on it is over.
   *
   * @param name what the server is told (SNI, RFC 6066), when it is a name of a domain and no
   *     address
   * @return closes the connection with itself
   * @throws SSLException when the other end speaks no TLS, or none that is spoken here
   */
  public static SSLSocket over(Socket socket, String name) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new AnyCertificate()}, null);
      SSLSocket secure =
          (SSLSocket) context.getSocketFactory().createSocket(socket, name, socket.getPort(), true);
      secure.startHandshake();
      return secure;
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS cannot be spoken: " + e.getMessage(), e);
    }
  }

  private static final class AnyCertificate implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
