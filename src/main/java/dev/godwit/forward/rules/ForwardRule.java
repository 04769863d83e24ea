package dev.godwit.forward.rules;

import dev.godwit.forward.ClientAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One group of listening ports and where their connections go.
 *
 * @param name what a status and a control command call it
 * @param listens in the order in which they were written; a destination's list of ports follows it
 * @param targets in order of preference; never empty
 * @param checkEvery how often each destination is tried; null: not at all
 * @param clientAddress what a destination learns of a client; null: the client's own address where
 *     that can be done, else nothing
 * @param acceptProxy whose PROXY header is believed, and must be there; empty: nobody's
 * @param connectionsMax open and waiting ones together; 0: only the limit of all groups
 * @param perClientMax the same for one client address; 0: no limit
 * @param connectLimit how long one attempt to reach a destination may take
 * @param idleLimit after which a connection that moves nothing is reset; null: never
 * @param serverNames where a TLS client goes that asks for a name, {@code *.example.org} for names
 *     one label longer; who asks for none of them goes to {@code targets}
 * @param via the ssh destination of the host that reaches the targets; null: this one
 * @param keepsUser a unix socket's service sees the user who connected to ours
 * @param fastOpen a client's first bytes may come with its first packet (RFC 7413)
 */
public record ForwardRule(
    String name,
    List<Listen> listens,
    List<Target> targets,
    Balance balance,
    @Nullable Duration checkEvery,
    @Nullable ClientAddress clientAddress,
    List<Network> acceptProxy,
    int connectionsMax,
    int perClientMax,
    Duration connectLimit,
    @Nullable Duration idleLimit,
    Map<String, Target> serverNames,
    @Nullable String via,
    boolean keepsUser,
    boolean fastOpen) {
  public ForwardRule {
    listens = List.copyOf(listens);
    targets = List.copyOf(targets);
    acceptProxy = List.copyOf(acceptProxy);
    serverNames = Map.copyOf(serverNames);
  }
}
