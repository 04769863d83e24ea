package dev.godwit.report;

import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import dev.godwit.move.CutoverStep;
import dev.godwit.move.GateDeaths;
import dev.godwit.outside.Seen;
import dev.godwit.report.Report.Chapter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The report as one page of HTML that opens alone: no script, no picture, no font, nothing from
 * elsewhere. A pure function; everything that hosts and people said is escaped.
 */
public final class HtmlPage {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneOffset.UTC);

  /** Narrower bars could not be seen. */
  private static final double BAR_PERCENT_MIN = 0.4;

  private final Report report;
  private final StringBuilder page = new StringBuilder();

  private HtmlPage(Report report) {
    this.report = report;
  }

  public static String of(Report report) {
    HtmlPage page = new HtmlPage(report);
    page.head();
    page.summary();
    Chapter cutover = report.cutover();
    if (cutover != null) {
      page.hold();
      page.timeline(cutover);
      page.outside();
      page.compared();
    }
    page.remarks();
    page.byHand();
    page.runs();
    page.add("</main></body></html>");
    return page.page.toString();
  }

  private void add(String html, Object... texts) {
    Object[] escaped = new Object[texts.length];
    for (int i = 0; i < texts.length; i++) {
      escaped[i] = texts[i] instanceof Number number ? number : escaped(String.valueOf(texts[i]));
    }
    page.append(texts.length == 0 ? html : String.format(Locale.ROOT, html, escaped)).append('\n');
  }

  static String escaped(String text) {
    StringBuilder html = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> html.append("&amp;");
        case '<' -> html.append("&lt;");
        case '>' -> html.append("&gt;");
        case '"' -> html.append("&quot;");
        case '\'' -> html.append("&#39;");
        case '\n', '\t' -> html.append(' ');
        default -> html.append(c < 0x20 || c == 0x7f ? '?' : c);
      }
    }
    return html.toString();
  }

  private void head() {
    add("<!DOCTYPE html>");
    add("<html lang=\"en\"><head><meta charset=\"utf-8\">");
    add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    add("<title>Move %s</title>", report.move());
    page.append("<style>\n").append(style()).append("</style></head><body><main>\n");
    add("<h1>Move <b>%s</b></h1>", report.move());
    add("<p class=\"phase\">%s</p>", sentence(report.sentence()));
  }

  private static String style() {
    try (InputStream in = HtmlPage.class.getResourceAsStream("report.css")) {
      byte[] bytes = Objects.requireNonNull(in, "report.css is part of the jar").readAllBytes();
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void summary() {
    HoldFacts hold = report.hold();
    Chapter cutover = report.cutover();
    add("<ul class=\"figures\">");
    if (hold != null) {
      figure(hold.millis() + " ms", "hold: new connections waited");
      figure(Long.toString(hold.connections()), "connections waited in it");
      figure(hold.longestWaitMillis() + " ms", "the longest wait of a connection");
      if (hold.gapMillis() > 0) {
        figure(hold.gapMillis() + " ms", "clients were refused, for nobody listened");
      }
    }
    for (GateDeaths.Death death : report.deaths()) {
      figure(Integer.toString(death.waiting() + death.relayed()), "cut off: " + death.display());
    }
    if (cutover != null) {
      figure(outcome(cutover.run().outcome()), "the " + cutover.run().command());
    }
    figure(Integer.toString(report.remarks().size()), "remarks at the start");
    add("</ul>");
  }

  private void figure(String value, String label) {
    add("<li><b>%s</b><span>%s</span></li>", value, label);
  }

  /** The parts of the hold, which add up to it. */
  private void hold() {
    HoldFacts hold = report.hold();
    List<HoldFacts.Part> parts = report.holdParts();
    if (hold == null || parts.isEmpty()) {
      return;
    }
    double whole = Math.max(1, hold.millis() * 1000);
    add("<h2>What the hold consisted of</h2>");
    add("<div class=\"stack\">");
    for (int i = 0; i < parts.size(); i++) {
      HoldFacts.Part part = parts.get(i);
      add(
          "<i class=\"%s\" style=\"flex-grow:%.4f\" title=\"%s: %.1f ms\"></i>",
          colour(i, part), Math.max(0, part.micros() / whole), part.name(), part.micros() / 1e3);
    }
    add("</div><table><thead><tr><th>part</th><th class=\"n\">ms</th><th class=\"n\">share</th>");
    add("<th>what was done</th></tr></thead><tbody>");
    for (int i = 0; i < parts.size(); i++) {
      HoldFacts.Part part = parts.get(i);
      add(
          "<tr><td><i class=\"key %s\"></i>%s</td><td class=\"n\">%.1f</td><td class=\"n\">%.0f"
              + " %%</td><td>%s</td></tr>",
          colour(i, part),
          part.name(),
          part.micros() / 1e3,
          100 * part.micros() / whole,
          part.what());
    }
    add("</tbody></table>");
  }

  private static String colour(int index, HoldFacts.Part part) {
    return part.name().equals(HoldFacts.BETWEEN) || part.name().equals(HoldFacts.ORDERS)
        ? "rest"
        : "c" + index % 8;
  }

  private void timeline(Chapter cutover) {
    Instant from = cutover.run().started();
    Instant end = cutover.run().ended();
    long whole = 1;
    for (Step step : cutover.steps()) {
      whole = Math.max(whole, micros(from, step) + Math.max(0, step.tookMicros()));
    }
    if (end != null) {
      whole = Math.max(whole, Duration.between(from, end).toNanos() / 1000);
    }
    add("<h2>Timeline of the %s</h2>", cutover.run().command());
    add(
        "<p>Began %s UTC, %s. Grey: clients were served as ever. Coloured: new connections"
            + " waited.</p>",
        TIME.format(from), outcome(cutover.run().outcome()));
    add("<table class=\"timeline\"><tbody>");
    for (Step step : cutover.steps()) {
      double left = Math.min(100 - BAR_PERCENT_MIN, 100.0 * micros(from, step) / whole);
      double width =
          Math.clamp(100.0 * Math.max(0, step.tookMicros()) / whole, BAR_PERCENT_MIN, 100 - left);
      add(
          "<tr><td>%s</td><td class=\"n\">%s</td><td class=\"bar\"><i class=\"%s\""
              + " style=\"margin-left:%.2f%%;width:%.2f%%\"></i></td><td class=\"n\">%s</td></tr>",
          step.name(),
          "+%.3f s".formatted(micros(from, step) / 1e6),
          (step.outcome() == Outcome.FAILED
              ? "failed"
              : CutoverStep.isHeldDuring(step.name()) ? "held" : "free"),
          left,
          width,
          took(step));
    }
    add("</tbody></table>");
  }

  /** What the watch saw that asks each port as a client does. */
  private void outside() {
    if (report.outside().isEmpty()) {
      return;
    }
    add("<h2>As seen from outside, during %s</h2>", report.watched());
    add("<table><thead><tr><th>service</th><th>port</th><th>from</th>");
    add("<th class=\"n\">requests</th>");
    add(
        "<th class=\"n\">failed</th><th class=\"n\">waited at the end</th><th class=\"n\">longest gap</th><th>until</th>");
    add("<th class=\"n\">slowest answer</th><th>remark</th></tr></thead><tbody>");
    for (Seen seen : report.outside()) {
      boolean isTold = seen.seesHold();
      add(
          "<tr><td>%s</td><td>%s</td><td>%s</td><td class=\"n\">%d</td><td class=\"n\">%d</td>"
              + "<td class=\"n\">%d</td><td class=\"n\">%s</td><td>%s</td><td class=\"n\">%s</td><td>%s</td></tr>",
          seen.service(),
          seen.address(),
          seen.from().isEmpty() ? "here" : seen.from(),
          seen.requests(),
          seen.failures(),
          seen.unanswered(),
          isTold ? seen.longestGap().toMillis() + " ms" : "",
          isTold && seen.requests() > 0 ? TIME.format(seen.gapEnded()) : "",
          isTold ? seen.slowest().toMillis() + " ms" : "",
          isTold || seen.requests() == 0
              ? seen.reason()
              : ("connections only: whether anybody was held is not seen. " + seen.reason())
                  .strip());
    }
    add("</tbody></table>");
  }

  private static long micros(Instant from, Step step) {
    return Math.max(0, Duration.between(from, step.started()).toNanos() / 1000);
  }

  private void compared() {
    List<Report.Proof> proofs = report.proofs();
    if (proofs.isEmpty()) {
      return;
    }
    add("<h2>What was compared</h2><table><thead><tr><th>step</th><th>how</th><th>what came");
    add("out</th></tr></thead><tbody>");
    for (Report.Proof proof : proofs) {
      add("<tr><td>%s</td><td>%s</td><td>%s</td></tr>", proof.step(), proof.how(), proof.result());
    }
    add("</tbody></table>");
  }

  private void remarks() {
    add("<h2>Warnings</h2>");
    boolean any = false;
    add("<ul class=\"remarks\">");
    for (Remark remark : report.remarks()) {
      any = true;
      add(
          "<li><b>%s%s</b> <code>%s</code><br><span>%s</span></li>",
          remark.at() == null ? "" : TIME.format(remark.at()) + " UTC: ",
          remark.what(),
          remark.code(),
          remark.remedy());
    }
    for (Chapter chapter : report.chapters()) {
      for (Step step : chapter.steps()) {
        if (step.outcome() != Outcome.DONE) {
          any = true;
          add(
              "<li><b>%s of %s at %s UTC: %s</b><br><span>%s</span></li>",
              step.name(),
              chapter.run().command(),
              TIME.format(step.started()),
              step.outcome() == null ? "cut off" : "failed: " + text(step.message()),
              report.byHand(chapter, step));
        }
      }
    }
    add("</ul>");
    if (!any) {
      add("<p>None.</p>");
    }
  }

  private void byHand() {
    add("<h2>What remains to be done by hand</h2><ul>");
    report.byHand().forEach(each -> add("<li>%s</li>", each));
    add("</ul>");
  }

  private void runs() {
    add("<h2>Everything that was done</h2>");
    for (Chapter chapter : report.chapters()) {
      Run run = chapter.run();
      add(
          "<details><summary>%s UTC: %s</summary><table><thead><tr><th>at</th>"
              + "<th>step</th><th class=\"n\">took</th><th>what was done</th><th>how to undo it</th>"
              + "</tr></thead><tbody>",
          TIME.format(run.started()), Report.title(run));
      for (Step step : chapter.steps()) {
        add(
            "<tr><td>%s</td><td>%s</td><td class=\"n\">%s</td><td>%s</td><td>%s</td></tr>",
            CLOCK.format(step.started()),
            step.name(),
            took(step),
            (step.outcome() == Outcome.FAILED ? "FAILED: " : "") + text(step.message()),
            report.isLatest(chapter) ? step.undo() : "");
      }
      add("</tbody></table></details>");
    }
  }

  private static String took(Step step) {
    return step.tookMicros() < 0
        ? "cut off"
        : String.format(Locale.ROOT, "%.1f ms", step.tookMicros() / 1e3);
  }

  private static String outcome(@Nullable Outcome outcome) {
    if (outcome == null) {
      return "did not end";
    }
    return switch (outcome) {
      case DONE -> "done";
      case FAILED -> "failed";
      case TAKEN_BACK -> "taken back";
    };
  }

  private static String sentence(String words) {
    return Character.toUpperCase(words.charAt(0)) + words.substring(1) + ".";
  }

  private static String text(@Nullable String message) {
    return message == null ? "" : message;
  }
}
