package dev.godwit;

import java.time.Instant;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Leaves out what is left of the tests of the lab when the time of this run is over: a machine on
 * which they take three times as long still comes to an end, and says what it has not tried. Never
 * left out is what proves the sentences that the program stands for (the tag {@code proof}). Found
 * by JUnit itself.
 */
public final class TestingTime implements ExecutionCondition {
  /** Seconds since 1970; set by {@code ./verify --minutes}. */
  private static final long UNTIL = Long.getLong("godwit.tests.until", Long.MAX_VALUE);

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    boolean isOver = Instant.now().getEpochSecond() >= UNTIL;
    boolean canBeLeftOut =
        context.getTags().contains("lab") && !context.getTags().contains("proof");
    return isOver && canBeLeftOut
        ? ConditionEvaluationResult.disabled("the time of this run was over (--minutes)")
        : ConditionEvaluationResult.enabled("there is time");
  }
}
