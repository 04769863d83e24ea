package dev.godwit.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Looks for every acknowledged write on a host: each must be there exactly once.
 *
 * @param acknowledged how many were
 * @param lost acknowledged and not there
 * @param duplicated there more than once, acknowledged or not
 * @param examples the first of both, for people
 */
public record LedgerCheck(int acknowledged, int lost, int duplicated, List<String> examples) {
  private static final int EXAMPLES_MAX = 10;

  /**
   * Reads the notes file and the mailboxes of the watching client.
   *
   * @param host the host that serves now
   */
  public static LedgerCheck of(Ledger ledger, LabHost host) throws IOException {
    return of(ledger, host.path(Fill.NOTES + "/notes.log"), host.path(Fill.MAIL));
  }

  static LedgerCheck of(Ledger ledger, Path notesFile, Path mail) throws IOException {
    Map<String, List<String>> notes = new HashMap<>();
    if (Files.exists(notesFile)) {
      for (String line : Files.readString(notesFile, StandardCharsets.ISO_8859_1).split("\n")) {
        if (!line.isEmpty()) {
          notes.computeIfAbsent(line.split(" ", 2)[0], id -> new ArrayList<>()).add(line);
        }
      }
    }
    Map<String, List<String>> mails = new HashMap<>();
    for (String user : MailUsers.WATCHED) {
      for (String part : List.of("new", "cur")) {
        Path folder = mail.resolve(user).resolve(part);
        if (Files.isDirectory(folder)) {
          try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
              String place = mail.relativize(file).toString();
              mails.computeIfAbsent(marker(file), id -> new ArrayList<>()).add(place);
            }
          }
        }
      }
    }
    List<String> examples = new ArrayList<>();
    int lost = lost("note", ledger.notes(), notes, examples);
    lost += lost("mail", ledger.mails(), mails, examples);
    int duplicated = duplicated("note", notes, examples) + duplicated("mail", mails, examples);
    return new LedgerCheck(ledger.acknowledged(), lost, duplicated, List.copyOf(examples));
  }

  private static int lost(
      String kind,
      Set<String> acknowledged,
      Map<String, List<String>> found,
      List<String> examples) {
    int lost = 0;
    for (String id : acknowledged) {
      if (!found.containsKey(id)) {
        lost++;
        example(examples, kind + " " + id + " was acknowledged and is not there");
      }
    }
    return lost;
  }

  private static int duplicated(
      String kind, Map<String, List<String>> found, List<String> examples) {
    int duplicated = 0;
    for (Map.Entry<String, List<String>> entry : found.entrySet()) {
      if (entry.getValue().size() > 1) {
        duplicated++;
        example(
            examples,
            "%s %s is there %d times: %s"
                .formatted(
                    kind,
                    entry.getKey(),
                    entry.getValue().size(),
                    String.join(", ", entry.getValue())));
      }
    }
    return duplicated;
  }

  private static void example(List<String> examples, String text) {
    if (examples.size() < EXAMPLES_MAX) {
      examples.add(text);
    }
  }

  private static String marker(Path file) throws IOException {
    String mail = Files.readString(file, StandardCharsets.ISO_8859_1);
    String header = Ledger.MARKER_HEADER + ": ";
    for (String line : mail.split("\r?\n")) {
      if (line.startsWith(header)) {
        return line.substring(header.length());
      }
    }
    return "without a marker: " + file.getFileName();
  }
}
