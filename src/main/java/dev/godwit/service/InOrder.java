package dev.godwit.service;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Does the same with several services, each as soon as those are done that it waits for, all others
 * at the same time.
 */
final class InOrder {
  /** What is done with one of them. */
  @FunctionalInterface
  interface Task {
    void with(Service service) throws IOException, InterruptedException;
  }

  private InOrder() {}

  /**
   * Returns when all have ended.
   *
   * @param opposite each waits for those that come after it: the order of stops
   * @param regardless also begins what waits for one that failed
   * @param first is done with each of them at once, before it waits for any other
   * @return how long each took: {@code nginx 21 ms}, in the order of the services
   * @throws ServiceException with every failure
   */
  static List<String> run(
      List<Service> services, boolean opposite, boolean regardless, Task first, Task task)
      throws IOException, InterruptedException {
    Map<String, CompletableFuture<Boolean>> done = new ConcurrentHashMap<>();
    services.forEach(service -> done.put(service.name(), new CompletableFuture<>()));
    Map<String, String> times = new ConcurrentHashMap<>();
    Map<String, Exception> failures = new ConcurrentHashMap<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Service service : services) {
        List<CompletableFuture<Boolean>> before = new ArrayList<>();
        for (Service other : services) {
          boolean waits =
              opposite
                  ? other.after().contains(service.name())
                  : service.after().contains(other.name());
          if (waits) {
            before.add(Objects.requireNonNull(done.get(other.name())));
          }
        }
        CompletableFuture<Boolean> own = Objects.requireNonNull(done.get(service.name()));
        threads.execute(
            () -> {
              boolean isDone = false;
              try {
                first.with(service);
                // All are waited for, whatever the first of them came to.
                if (before.stream().filter(other -> !other.join()).count() == 0 || regardless) {
                  long started = System.nanoTime();
                  task.with(service);
                  times.put(service.name(), millis(service, started));
                  isDone = true;
                }
              } catch (IOException | InterruptedException | RuntimeException e) {
                failures.put(service.name(), e);
              } finally {
                own.complete(isDone);
              }
            });
      }
    }
    List<Exception> inOrder =
        services.stream()
            .filter(service -> failures.containsKey(service.name()))
            .map(service -> failures.get(service.name()))
            .toList();
    for (Exception failure : inOrder) {
      if (failure instanceof RuntimeException bug) {
        throw bug;
      }
    }
    if (!inOrder.isEmpty()) {
      throw new ServiceException(
          String.join("; ", inOrder.stream().map(e -> String.valueOf(e.getMessage())).toList()),
          inOrder.getFirst());
    }
    return services.stream().map(service -> times.get(service.name())).toList();
  }

  private static String millis(Service service, long startedNanos) {
    return service.name() + " " + (System.nanoTime() - startedNanos) / 1_000_000 + " ms";
  }
}
