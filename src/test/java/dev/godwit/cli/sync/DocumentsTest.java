package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.rules.OptionTexts;
import dev.godwit.sync.rules.SyncOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is made from the table of options. To write the copies: -Dgodwit.documents=write. */
final class DocumentsTest {
  @Test
  void the_manual_page_in_docs_is_the_one_that_the_program_makes() throws Exception {
    compare("docs/man/godwit-sync.1", ManualPage.text());
  }

  @Test
  void the_table_for_those_who_come_from_rsync_is_the_one_that_the_program_makes()
      throws Exception {
    compare("docs/coming-from-rsync.md", ComingFromRsync.text());
  }

  private static void compare(String file, String text) throws Exception {
    Path path = Path.of(file);
    if ("write".equals(System.getProperty("godwit.documents"))) {
      Files.createDirectories(path.getParent());
      Files.writeString(path, text);
    }
    assertThat(path).as("written by -Dgodwit.documents=write").hasContent(text);
  }

  @Test
  void man_finds_no_fault_in_the_page() throws Exception {
    Path page = Files.createTempFile("godwit-sync", ".1");
    try {
      Files.writeString(page, ManualPage.text());
      ProcessBuilder builder =
          new ProcessBuilder("man", "--warnings=w", "-l", page.toString())
              .redirectErrorStream(true);
      builder.environment().put("MANWIDTH", "80");
      builder.environment().put("LC_ALL", "C.UTF-8");
      Process process = builder.start();
      String shown = new String(process.getInputStream().readAllBytes());
      assertThat(process.waitFor()).isZero();
      assertThat(shown).doesNotContain("warning", "error:").contains("--delete-during, --del");
      assertThat(shown.replaceAll(".\b", "").lines())
          .as("lines of the page")
          .allMatch(line -> line.length() <= 80);
    } finally {
      Files.delete(page);
    }
  }

  @Test
  void every_option_has_a_text_and_every_text_an_option() {
    OptionTexts texts = OptionTexts.read();
    for (SyncOption option : SyncOption.values()) {
      assertThat(texts.of(option)).as(option.shown()).isNotEmpty();
    }
    assertThat(texts.names()).hasSize(SyncOption.values().length).doesNotHaveDuplicates();
  }

  @Test
  void help_fits_into_80_columns_and_names_every_option() {
    String help = HelpText.text();
    assertThat(help.lines()).allMatch(line -> line.length() <= 80);
    for (SyncOption option : SyncOption.values()) {
      if (!option.isUndocumented()) {
        assertThat(help)
            .contains(option.shortName() == 0 ? option.shown() : "-" + option.shortName());
      }
    }
    assertThat(help).contains("Exit codes:", "Examples:");
    assertThat(TestingRun.godwit(List.of("--help")).out()).isEqualTo(help);
    assertThat(TestingRun.godwit(List.of("-h")).out()).isEqualTo(help);
    assertThat(TestingRun.godwit(List.of("--help=man")).out()).startsWith(".\\\"");
    assertThat(TestingRun.godwit(List.of("--info=help")).out()).contains("PROGRESS", "-vv ");
    assertThat(TestingRun.godwit(List.of("--help=no")).exit()).isOne();
  }
}
