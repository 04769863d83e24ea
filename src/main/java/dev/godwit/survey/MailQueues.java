package dev.godwit.survey;

import java.util.List;

/**
 * The mail transfer agents that run on a host, and where each has the mails that it has accepted
 * and not yet delivered.
 */
public record MailQueues(List<MailQueue> queues) {
  public MailQueues {
    queues = List.copyOf(queues);
  }

  /**
   * Of one that runs, or of several that share a queue.
   *
   * @param server {@code postfix}, {@code exim} or {@code sendmail}
   * @param path of the queue's directory, without symbolic links; empty when it was not found
   * @param reason why it is thought to be there, for people
   * @param pids its daemons
   */
  public record MailQueue(String server, String path, String reason, List<Integer> pids) {
    public MailQueue {
      pids = List.copyOf(pids);
    }

    public boolean isFound() {
      return !path.isEmpty();
    }
  }
}
