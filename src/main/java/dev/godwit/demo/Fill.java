package dev.godwit.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/**
 * Fills a host with a mailbox tree, a site and names that are hard to copy. The same seed gives the
 * same names and contents; owners and times are as on a live host.
 */
public final class Fill {
  public static final String MAIL = "/var/vmail";
  public static final String SITE = "/srv/www";
  public static final String NOTES = "/srv/notes";

  private static final int PAGES_WATCHED_MAX = 200;
  private static final int FILE_BYTES_MIN = 1024;
  private static final int FILE_BYTES_MAX = 20 * 1024;
  private static final int MAILS_A_FOLDER_MAX = 500;
  private static final int PAGES_A_FOLDER = 100;

  private final LabHost host;
  private final long seed;

  public Fill(LabHost host, long seed) {
    this.host = host;
    this.seed = seed;
  }

  /**
   * Writes the files: three in five are mails (none when there is no mail service), the rest is the
   * site, and a handful of odd ones.
   *
   * @param files how many, the odd ones included
   * @return the pages that a client may ask for
   */
  public List<Page> write(int files, boolean mail) throws IOException {
    host.must("mkdir", "-p", SITE, NOTES);
    int odd = odd(SITE + "/odd");
    int mails = mail ? files * 3 / 5 : 0;
    int pages = Math.max(1, files - mails - odd);
    if (mail) {
      makeMailFolders(mails);
      parallel(mails, this::writeMail);
      host.must("chown", "-R", "vmail:vmail", MAIL);
    }
    List<Page> watched = writeSite(pages);
    host.must("chown", "-R", "www-data:www-data", SITE + "/site");
    return watched;
  }

  private List<Page> writeSite(int pages) throws IOException {
    for (int folder = 0; folder <= pages / PAGES_A_FOLDER; folder++) {
      Files.createDirectories(host.path(SITE + "/site/" + folder));
    }
    Page[] all = new Page[pages];
    parallel(pages, number -> all[number] = writePage(number));
    List<Page> watched = new ArrayList<>();
    int step = Math.max(1, pages / PAGES_WATCHED_MAX);
    for (int i = 0; i < pages; i += step) {
      watched.add(all[i]);
    }
    byte[] index =
        "<html><body>the site of the demo</body></html>\n".getBytes(StandardCharsets.UTF_8);
    Files.write(host.path(SITE + "/index.html"), index);
    watched.add(new Page("/", index.length, crc(index)));
    return watched;
  }

  private Page writePage(int number) throws IOException {
    byte[] body = content(number, "<html>page " + number + "\n");
    String path = "/site/" + number / PAGES_A_FOLDER + "/page-" + number + ".html";
    Files.write(host.path(SITE + path), body);
    return new Page(path, body.length, crc(body));
  }

  private void makeMailFolders(int mails) throws IOException {
    for (int number = 0; number < mails; number += MAILS_A_FOLDER_MAX) {
      for (String part : List.of("cur", "new", "tmp")) {
        Files.createDirectories(host.path(mailFolder(number) + "/" + part));
      }
    }
    for (String user : MailUsers.FILLED) {
      for (String part : List.of("cur", "new", "tmp")) {
        Files.createDirectories(host.path(MAIL + "/" + user + "/" + part));
      }
    }
  }

  private static String mailFolder(int number) {
    int folder = number / MAILS_A_FOLDER_MAX;
    String user = MailUsers.FILLED.get(folder % MailUsers.FILLED.size());
    int nth = folder / MailUsers.FILLED.size();
    return MAIL + "/" + user + (nth == 0 ? "" : "/.Archive." + nth);
  }

  private void writeMail(int number) throws IOException {
    String head =
        """
        From: sender%1$d@demo.example
        To: someone@mail.demo.example
        Subject: mail %1$d
        Message-ID: <%1$d@demo.example>

        """
            .formatted(number);
    byte[] body = content(-1L - number, head);
    boolean seen = number % 7 != 0;
    String name =
        String.format(
            Locale.ROOT,
            "%d.M%dP7.old,S=%d%s",
            1_700_000_000L + number,
            number,
            body.length,
            seen ? ":2,S" : "");
    Files.write(host.path(mailFolder(number) + (seen ? "/cur/" : "/new/") + name), body);
  }

  /** Text of 1 to 20 KiB: about as compressible as mail. */
  private byte[] content(long number, String head) {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    byte[] body = new byte[random.nextInt(FILE_BYTES_MIN, FILE_BYTES_MAX)];
    byte[] start = head.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < body.length; ) {
      long bits = random.nextLong();
      for (int k = 0; k < 8 && i < body.length; k++, i++, bits >>>= 8) {
        body[i] = i % 76 == 75 ? (byte) '\n' : (byte) ('a' + (bits & 0xff) % 26);
      }
    }
    System.arraycopy(start, 0, body, 0, start.length);
    return body;
  }

  /** Names are bytes, and some of these are no text: bash writes them as they are. */
  private int odd(String folder) throws IOException {
    host.must("bash", "-euc", Programs.resource("odd-files.sh"), "odd-files", folder);
    return Integer.parseInt(
        host.must("bash", "-c", "find " + folder + " -printf x | wc -c").strip());
  }

  private interface Writer {
    void write(int number) throws IOException;
  }

  private static void parallel(int count, Writer writer) throws IOException {
    try {
      IntStream.range(0, count)
          .parallel()
          .forEach(
              number -> {
                try {
                  writer.write(number);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    } catch (UncheckedIOException e) {
      throw new LabException("host old of the lab cannot be filled: " + e.getMessage(), e);
    }
  }

  private static long crc(byte[] body) {
    CRC32 crc = new CRC32();
    crc.update(body);
    return crc.getValue();
  }
}
