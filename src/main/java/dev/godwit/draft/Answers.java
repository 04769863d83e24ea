package dev.godwit.draft;

import dev.godwit.survey.Launchers;
import dev.godwit.survey.MailQueues;
import dev.godwit.survey.Running;
import dev.godwit.survey.Settings;
import dev.godwit.survey.Surroundings;
import dev.godwit.survey.Tree;
import java.util.List;
import java.util.Map;

/**
 * What old said.
 *
 * @param destination as it was typed: an ssh destination or {@code local}
 * @param ssh extra arguments for ssh
 * @param queues of its mail transfer agents
 * @param trees what lies at the places that may hold data, by path
 */
public record Answers(
    String destination,
    List<String> ssh,
    Surroundings surroundings,
    Running running,
    Settings settings,
    Launchers launchers,
    MailQueues queues,
    Map<String, Tree> trees) {
  public Answers {
    ssh = List.copyOf(ssh);
    trees = Map.copyOf(trees);
  }
}
