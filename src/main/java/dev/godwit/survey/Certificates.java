package dev.godwit.survey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.linux.Sha256;
import dev.godwit.survey.Settings.Certificate;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Reads X.509 certificates in PEM (RFC 7468). Private keys in the same file are not looked at. */
final class Certificates {
  static final int FILE_BYTES_MAX = 256 * 1024;

  private static final String BEGIN = "-----BEGIN CERTIFICATE-----";
  private static final String END = "-----END CERTIFICATE-----";
  private static final int DNS_NAME = 2;

  private Certificates() {}

  /** The first certificate of a file that a configuration names. */
  static Certificate read(String path, String namedBy) {
    try {
      byte[] content = OperatorPaths.read(Names.of(path), null, FILE_BYTES_MAX);
      return of(path, namedBy, new String(content, ISO_8859_1));
    } catch (IOException e) {
      return unreadable(path, namedBy, String.valueOf(e.getMessage()));
    }
  }

  static boolean isIn(String text) {
    return text.contains(BEGIN);
  }

  /** The first certificate of a text. */
  static Certificate of(String path, String namedBy, String text) {
    int from = text.indexOf(BEGIN);
    int to = text.indexOf(END, Math.max(from, 0));
    if (from < 0 || to < 0) {
      return unreadable(path, namedBy, "it holds no certificate");
    }
    try {
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(
                      new ByteArrayInputStream(
                          text.substring(from, to + END.length()).getBytes(ISO_8859_1)));
      byte[] digest = Sha256.ofJava().digest(certificate.getEncoded());
      return new Certificate(
          path,
          namedBy,
          HexFormat.of().formatHex(digest),
          certificate.getNotAfter().getTime(),
          String.join(" ", names(certificate)),
          "");
    } catch (CertificateException e) {
      return unreadable(path, namedBy, "its certificate cannot be read: " + e.getMessage());
    }
  }

  private static Certificate unreadable(String path, String namedBy, String problem) {
    return new Certificate(path, namedBy, "", 0, "", problem);
  }

  private static Set<String> names(X509Certificate certificate) throws CertificateException {
    Set<String> names = new LinkedHashSet<>();
    Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
    if (alternatives != null) {
      for (List<?> name : alternatives) {
        if (name.get(0) instanceof Integer kind && kind == DNS_NAME) {
          names.add(Names.display(String.valueOf(name.get(1)).getBytes(ISO_8859_1)));
        }
      }
    }
    if (names.isEmpty()) {
      names.add(
          Names.display(certificate.getSubjectX500Principal().getName().getBytes(ISO_8859_1)));
    }
    return names;
  }
}
