package dev.godwit.sync.rules;

/** What an option is about; the sections of {@code --help} and of the manual page, in order. */
public enum OptionGroup {
  SELECTION("What is copied"),
  FILTERS("Which names take part"),
  LINKS("Symbolic links"),
  ATTRIBUTES("What is kept of each file"),
  COMPARISON("What counts as changed"),
  WRITING("How files are written"),
  REMOVAL("What is removed"),
  LINE("The connection and limits"),
  OUTPUT("What is told"),
  OTHER("Other");

  private final String title;

  OptionGroup(String title) {
    this.title = title;
  }

  public String title() {
    return title;
  }
}
