package dev.godwit;

/** The list of commands, nothing else. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.out.println("godwit");
  }
}
