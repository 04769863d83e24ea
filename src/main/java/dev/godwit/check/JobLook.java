package dev.godwit.check;

import dev.godwit.survey.Settings.Job;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Jobs of old that have to do with what is moved (H62): they run as a user who owns the files, or
 * their command names a path of the plan.
 */
final class JobLook implements Look {
  @Override
  public void look(Facts facts, Findings findings) {
    Set<String> owners = new HashSet<>();
    for (Facts.TreePair pair : facts.trees()) {
      pair.source().measured().users().forEach(owner -> owners.add(owner.name()));
    }
    owners.remove("root");
    owners.remove("");
    List<Pattern> paths =
        facts.plan().files().stream()
            .map(tree -> Pattern.compile(Pattern.quote(tree.path()) + "(?![A-Za-z0-9_.-])"))
            .toList();
    Set<String> onNew = new HashSet<>();
    facts.newHost().settings().jobs().forEach(job -> onNew.add(same(job)));
    for (Job job : facts.oldHost().settings().jobs()) {
      boolean isOwners = owners.contains(job.user());
      boolean namesPath = paths.stream().anyMatch(path -> path.matcher(job.command()).find());
      String command = job.command().lines().findFirst().orElse("");
      String shown = command.length() > 100 ? command.substring(0, 100) + "…" : command;
      if (facts.plan().isWithinHost()) {
        if (namesPath) {
          findings.add(
              Code.CRON_JOB,
              "%s: %s names a path that the services leave: %s"
                  .formatted(facts.oldHost().name(), job.place(), shown),
              "let it use the other place from the cut-over on");
        }
      } else if (isOwners || namesPath) {
        boolean isOnNew = onNew.contains(same(job));
        findings.add(
            Code.CRON_JOB,
            "%s: %s runs as %s: %s%s"
                .formatted(
                    facts.oldHost().name(),
                    job.place(),
                    job.user(),
                    shown,
                    isOnNew ? "; it is on new too" : ""),
            isOnNew
                ? "keep it from running on new before the cut-over, and on old after it"
                : Findings.remedy(Code.CRON_JOB));
      }
    }
  }

  private static String same(Job job) {
    return job.user() + " " + job.command();
  }
}
