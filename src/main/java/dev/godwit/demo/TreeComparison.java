package dev.godwit.demo;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Compares what old has with what new has, entry by entry, by {@link ComparisonRule}. To be made
 * when old stands still: when it follows new no more, or new is asked no more. It shares no code
 * with what copied the files.
 *
 * @param files entries compared
 * @param different entries that break their rule, missing and surplus ones included
 * @param examples the first of them, for people
 */
public record TreeComparison(int files, int different, List<String> examples) {
  private static final int EXAMPLES_MAX = 20;

  /** Lists the folders on both hosts at the same time, and compares. */
  public static TreeComparison of(LabHost old, LabHost neu, List<String> folders)
      throws IOException {
    CompletableFuture<Map<String, TreeListing.Entry>> there =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return TreeListing.of(neu, folders);
              } catch (IOException e) {
                throw new CompletionException(e);
              }
            });
    Map<String, TreeListing.Entry> here = TreeListing.of(old, folders);
    try {
      return new Comparer(old, neu).compare(here, there.join());
    } catch (CompletionException e) {
      throw new LabException(String.valueOf(e.getMessage()), e);
    }
  }

  private static final class Comparer {
    private final LabHost old;
    private final LabHost neu;
    private final List<String> examples = new ArrayList<>();
    private int files;
    private int different;

    Comparer(LabHost old, LabHost neu) {
      this.old = old;
      this.neu = neu;
    }

    TreeComparison compare(
        Map<String, TreeListing.Entry> here, Map<String, TreeListing.Entry> there)
        throws IOException {
      Map<String, TreeListing.Entry> unseen = new HashMap<>();
      there.values().forEach(entry -> unseen.put(ComparisonRule.key(entry), entry));
      Map<String, TreeListing.Entry> mails = new HashMap<>();
      for (TreeListing.Entry entry : here.values()) {
        ComparisonRule rule = ComparisonRule.of(entry);
        String key = ComparisonRule.key(entry);
        TreeListing.Entry other = unseen.remove(key);
        if (rule == ComparisonRule.MAIL) {
          // Old followed until finish: it may have stopped within a rename, with both names there.
          other = other == null ? mails.get(key) : other;
          if (other != null) {
            mails.put(key, other);
          }
        }
        if (rule != ComparisonRule.SERVICE_STATE) {
          files++;
          if (other == null) {
            differs(entry.path(), "is not on new");
          } else {
            compare(rule, entry, other);
          }
        }
      }
      for (TreeListing.Entry entry : unseen.values()) {
        if (ComparisonRule.of(entry) == ComparisonRule.SAME
            || ComparisonRule.of(entry) == ComparisonRule.BEGINS_SAME) {
          files++;
          differs(entry.path(), "is on new only");
        }
      }
      return new TreeComparison(files, different, List.copyOf(examples));
    }

    private void compare(ComparisonRule rule, TreeListing.Entry a, TreeListing.Entry b)
        throws IOException {
      List<String> what = new ArrayList<>();
      note(what, "type", a.type(), b.type());
      note(what, "mode", a.mode(), b.mode());
      note(what, "owner", a.owner(), b.owner());
      note(what, "lists and attributes", a.attributes(), b.attributes());
      switch (rule) {
        case SAME -> {
          note(what, "time", a.mtime(), b.mtime());
          note(what, "size", a.size(), b.size());
          note(what, "content", a.content(), b.content());
          note(what, "hard links", a.leader(), b.leader());
        }
        case MAIL -> {
          note(what, "time", a.mtime(), b.mtime());
          note(what, "size", a.size(), b.size());
          note(what, "content", a.content(), b.content());
        }
        case BEGINS_SAME -> {
          byte[] start = old.readFile(a.path());
          byte[] all = neu.readFile(b.path());
          if (all.length < start.length
              || !Arrays.equals(all, 0, start.length, start, 0, start.length)) {
            what.add("new does not begin with what old has");
          }
        }
        case FOLDER, SERVICE_STATE -> {}
      }
      if (!what.isEmpty()) {
        differs(a.path(), String.join(", ", what));
      }
    }

    private static void note(List<String> what, String name, Object a, Object b) {
      if (!a.equals(b)) {
        what.add(name + " " + a + " on old, " + b + " on new");
      }
    }

    private void differs(String path, String how) {
      different++;
      if (examples.size() < EXAMPLES_MAX) {
        examples.add(printable(path) + ": " + how);
      }
    }

    private static String printable(String path) {
      StringBuilder text = new StringBuilder();
      for (char c : path.toCharArray()) {
        if (c < ' ' || c >= 127) {
          text.append("\\x%02x".formatted((int) c));
        } else {
          text.append(c);
        }
      }
      return text.toString();
    }
  }
}
