package dev.godwit.forward.gate;

import java.io.IOException;
import java.util.Set;

/** A way back that also says which sockets are no clients'. */
record TestingWayBack(Start start, Own own) implements WayBack {
  interface Start {
    void run() throws IOException, InterruptedException;
  }

  interface Own {
    Set<Long> of(Set<Long> sockets) throws IOException;
  }

  @Override
  public void startServices() throws IOException, InterruptedException {
    start.run();
  }

  @Override
  public Set<Long> own(Set<Long> sockets) throws IOException {
    return own.of(sockets);
  }
}
