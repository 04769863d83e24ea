package dev.godwit.forward.loop;

import dev.godwit.daemon.ControlSocket;
import dev.godwit.daemon.RequestException;
import java.io.IOException;

/** Commands on a control socket: lines of words, each answered as {@link ControlSocket} has it. */
public record LineCommands(Commands commands) implements Asker.Service {
  /** It was done, and there is nothing to tell. */
  public static final Asker.Answer DONE = said("");

  /** What the words do. */
  @FunctionalInterface
  public interface Commands {
    /**
     * Runs on the loop's thread, but for what {@link #mayTakeLong}.
     *
     * @param words at least one
     * @param fd of the connection, for who has to send more than bytes
     * @throws RequestException for people: what was asked is not right, and nothing was done
     * @throws IllegalArgumentException the same
     * @throws IOException for people
     */
    Asker.Answer obey(String[] words, int fd) throws IOException, InterruptedException;

    /** As {@link Asker.Service#mayTakeLong}. */
    default boolean mayTakeLong(String word) {
      return false;
    }
  }

  /** It was done, and that is to be told. */
  public static Asker.Answer said(String text) {
    return new Asker.Answer(ControlSocket.OK + text, true);
  }

  /** That there is no such command. */
  public static IOException unknown(String word) {
    return new RequestException("there is no command " + word);
  }

  @Override
  public String mark() {
    return "\n";
  }

  @Override
  public Asker.Answer answer(String request, int fd) {
    try {
      return commands.obey(words(request), fd);
    } catch (RequestException | IllegalArgumentException e) {
      return new Asker.Answer(ControlSocket.WRONG + e.getMessage(), true);
    } catch (IOException e) {
      return refused(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return refused("it is ending");
    }
  }

  @Override
  public boolean mayTakeLong(String request) {
    return commands.mayTakeLong(words(request)[0]);
  }

  private static String[] words(String request) {
    return request.strip().split(" ");
  }

  private static Asker.Answer refused(String why) {
    return new Asker.Answer(ControlSocket.NO + why, true);
  }
}
