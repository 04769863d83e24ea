package dev.godwit.mirror.actions;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What is to be run for an event. */
@FunctionalInterface
public interface ActionCommand {
  /**
   * @param log told what the command's maker has to say, a line at a time
   * @return the program and its arguments; null when nothing is to be run for this event
   * @throws ActionException when they cannot be said
   */
  @Nullable List<byte[]> arguments(FileEvent event, Consumer<String> log) throws ActionException;
}
