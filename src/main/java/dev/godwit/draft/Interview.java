package dev.godwit.draft;

import dev.godwit.host.Host;
import dev.godwit.survey.Launchers;
import dev.godwit.survey.MailQueues;
import dev.godwit.survey.Running;
import dev.godwit.survey.Settings;
import dev.godwit.survey.Surroundings;
import dev.godwit.survey.SurveyClient;
import dev.godwit.survey.Tree;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Asks old what a plan has to say about it. Changes nothing there. */
public final class Interview {
  /** For each place; the size is for a comment only. */
  private static final Duration MEASURE = Duration.ofSeconds(2);

  private static final int PLACES_MAX = 60;

  private Interview() {}

  public static Answers with(Host host, String destination, List<String> ssh) throws IOException {
    SurveyClient client = new SurveyClient(host);
    Surroundings surroundings = client.surroundings();
    Running running = client.running();
    Settings settings = client.settings();
    Launchers launchers = client.launchers();
    MailQueues queues = client.mailQueues();
    Map<String, Tree> trees = new LinkedHashMap<>();
    for (Serving serving : Servings.of(running, launchers)) {
      for (Places.Place place : Places.of(serving, settings)) {
        if (trees.size() < PLACES_MAX && !trees.containsKey(place.path())) {
          trees.put(place.path(), client.tree(place.path(), List.of(), false, MEASURE));
          Tree tree = trees.get(place.path());
          String parent = parent(place.path());
          if (tree != null && tree.isOther() && !Places.isOfTheHost(parent)) {
            trees.put(parent, client.tree(parent, List.of(), false, MEASURE));
          }
        }
      }
    }
    return new Answers(destination, ssh, surroundings, running, settings, launchers, queues, trees);
  }

  /** The folder of a file that an argument names. */
  static String parent(String path) {
    return path.substring(0, Math.max(1, path.lastIndexOf('/')));
  }
}
