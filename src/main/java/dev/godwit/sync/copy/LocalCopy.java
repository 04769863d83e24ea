package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A copy within one host. */
final class LocalCopy {
  private final CopyRequest request;

  /** Those of the source, and of all that is not the target's. */
  private final Rules rules;

  /** Within one host the target is the other side (-M). */
  private final Rules targetRules;

  private final Report report;
  private final AtomicLong sweepOrder = new AtomicLong();
  private final Tally tally = new Tally();
  private final Filters filters;
  private final SourceAttributes attributes;
  private final Inodes inodes;
  private final Lister lister;

  /** The target, which may lie in the source; null where it is not there, or is no directory. */
  private @Nullable FileStatus avoided;

  private LocalCopy(
      CopyRequest request, Rules targetRules, Report report, Parts parts, Inodes inodes)
      throws CopyException {
    this.request = request;
    this.rules = request.rules();
    this.targetRules = targetRules;
    this.report = report;
    this.filters = parts.filters;
    this.attributes = parts.attributes();
    this.inodes = inodes;
    boolean munges = targetRules.mungeLinks && !rules.listOnly;
    this.lister = Lister.within(rules, attributes, report, tally, munges);
  }

  static LocalCopy of(CopyRequest request, CopyListener listener) throws CopyException {
    Report report = new Report(listener);
    CopyRequest atTarget = request.forOtherSide();
    Parts parts = Parts.of(request);
    Parts target = request.remoteOptions().isEmpty() ? parts : Parts.of(atTarget);
    return new LocalCopy(
        request, atTarget.rules(), report, parts, target.inodes(target.owners(false), report));
  }

  CopyResult run() throws CopyException, InterruptedException {
    try (SourceArguments arguments = SourceArguments.of(request, filters, report)) {
      if (rules.listOnly) {
        new NameTeller(lister, attributes, report, tally).tell(arguments, arguments.top());
      } else {
        copy(arguments);
      }
    }
    return report.result(tally.statisticsWithin());
  }

  private void copy(SourceArguments arguments) throws CopyException, InterruptedException {
    SourceDirectory top = arguments.top();
    TargetShape shape =
        TargetShape.of(
            arguments,
            top,
            rules,
            attributes,
            !filters.isEmpty(),
            () -> TargetTree.isDirectory(request.target()));
    if (!TargetTree.isWanted(request.target(), shape)) {
      lister.list(top).close(); // says what is left out
      TargetTree.makeParents(request.target(), request.target(), targetRules, report);
      return;
    }
    try (TargetTree target = TargetTree.open(request.target(), shape, targetRules, report)) {
      copy(arguments, top, target);
    }
  }

  /** Finds the names of files that have several, so that the same one leads as with rsync. */
  private void expectLinks(HardLinks links, SourceDirectory top) throws InterruptedException {
    Lister quiet = Lister.ofLinked(rules, attributes, report.quiet());
    avoidTarget(quiet);
    WorkPool pool = new WorkPool(TreeUpdate.depth(rules));
    pool.add(() -> findLinks(pool, quiet, top, links));
    run(pool);
  }

  private void findLinks(WorkPool pool, Lister quiet, SourceDirectory directory, HardLinks links) {
    sweepOrder.getAndIncrement();
    Listing listing = quiet.list(directory);
    listing.close();
    List<Runnable> below = new ArrayList<>();
    for (SourceEntry entry : listing.entries()) {
      SourceDirectory next = entry.below();
      if (next != null) {
        below.add(() -> findLinks(pool, quiet, next, links));
      } else {
        links.expect(entry, directory.path());
      }
    }
    pool.add(below);
  }

  /** Works until all is done, or until the time that the user has set (--stop-at). */
  private void run(WorkPool pool) throws InterruptedException {
    pool.run(
        () -> tally.work() + sweepOrder.get(),
        () -> {
          report.progress(tally.soFarWithin());
          if (rules.stopAtSeconds != 0
              && System.currentTimeMillis() / 1000 >= rules.stopAtSeconds
              && !pool.isStopped()) {
            report.failure(
                CopyStatus.TIMEOUT, Paths.HERE, "the time that was set is over; not all is copied");
            pool.stop();
          }
        });
  }

  private void copy(SourceArguments arguments, SourceDirectory top, TargetTree target)
      throws CopyException, InterruptedException {
    int threads = TreeUpdate.threads(rules);
    WorkPool pool = new WorkPool(TreeUpdate.depth(rules));
    LocalSource source =
        new LocalSource(
            rules, report, lister, attributes, pool, threads, request.removesWhatItReadsTwice());
    RunTrash trash = RunTrash.of(targetRules, target.root());
    if (request.files() == null) {
      RunTrash.checkBeside(targetRules, target.root(), request.sources());
    }
    Filters guarded = trash == null ? filters : trash.guard(filters);
    TreeUpdate update =
        new TreeUpdate(
            targetRules,
            report,
            tally,
            guarded,
            inodes,
            target.root(),
            source,
            new TemporaryNames());
    update.missingTarget = target.root() == null ? request.target() : null;
    update.isAt(request.target());
    update.runTrash = trash;
    update.placement.backups().check();
    source.serves(update);
    pool.holdWhile(update.narrator::isFull);
    update.others = target.enter();
    update.selfArgument = arguments.selfArgument();
    avoided = avoided(target);
    avoidTarget(lister);
    Sweep.Passes passes = Sweep.Passes.of(targetRules);
    try {
      if (passes.before()) {
        sweep(update, top, Sweep.before(update));
      }
      SourceEntry self =
          arguments.self() == null
              ? null
              : SourceEntry.self(arguments.self(), arguments.selfAttributes(attributes, report));
      arguments.countAgain(tally);
      if (!passes.links()) {
        update.preferStandingLinks();
      }
      TargetDirectory root = update.begin(self, target);
      pool.add(() -> source.work(root, top));
      if (passes.links()) {
        expectLinks(update.links, top);
      }
      run(pool);
      for (List<Runnable> left = update.links.left();
          !left.isEmpty() && !pool.isStopped();
          left = update.links.left()) {
        pool.add(left);
        run(pool);
      }
      source.listRest();
      update.end();
      if (passes.after()) {
        sweep(update, top, Sweep.after(update));
      }
      update.remover.end();
      source.end();
    } catch (CopyException | InterruptedException e) {
      report.broken(tally.statisticsWithin());
      throw e;
    } finally {
      update.close();
    }
  }

  private @Nullable FileStatus avoided(TargetTree target) {
    DirectoryHandle root = target.root();
    try {
      return root == null || target.onlyName() != null ? null : root.status();
    } catch (LinuxException e) {
      report.failure(CopyStatus.PARTIAL, Paths.HERE, "the target: " + e.reason());
      return null;
    }
  }

  private void avoidTarget(Lister of) {
    FileStatus target = avoided;
    if (target != null) {
      of.avoid(target);
    }
  }

  /** Lists both trees for what the source does not have, apart from the copy. */
  private void sweep(TreeUpdate update, SourceDirectory top, Sweep sweep)
      throws CopyException, InterruptedException {
    if (!update.hasRoot()) {
      return;
    }
    Lister quiet = Lister.ofNames(rules, attributes, report.quiet());
    avoidTarget(quiet);
    WorkPool pool = new WorkPool(sweep.isInAnyOrder() ? TreeUpdate.depth(rules) : Depth.fixed(1));
    pool.add(() -> sweep(pool, sweep, quiet, sweep.root(), top));
    run(pool);
    sweep.end(
        directory -> {
          Listing listing = quiet.list(directory);
          if (listing.isComplete()) {
            return listing;
          }
          listing.close();
          return null;
        });
  }

  private void sweep(
      WorkPool pool, Sweep sweep, Lister quiet, TargetDirectory directory, SourceDirectory source) {
    List<Runnable> below = new ArrayList<>();
    Listing early = sweep.lookEarly(directory, source, quiet);
    try (Listing listing = early == null ? quiet.list(source) : early) {
      long order = sweepOrder.getAndIncrement();
      if (early == null && !sweep.look(directory, listing, order) && !sweep.listsAll()) {
        return;
      }
      for (SourceEntry entry : listing.entries()) {
        SourceDirectory next = entry.below();
        if (next != null) {
          below.add(() -> sweep(pool, sweep, quiet, sweep.below(directory, entry), next));
        }
      }
    }
    if (!below.isEmpty()) {
      pool.add(below);
    }
  }
}
