package dev.godwit.bench;

import java.util.List;

/**
 * One benchmark of relays: the same load through several of them.
 *
 * @param title what is done, in a few words
 * @param fresh whether a relay is started anew for each round, because what it did before would
 *     show
 */
record RelayRow(
    String name,
    String title,
    RelayLoad load,
    List<Relayer> relayers,
    List<RelayGoal> goals,
    boolean fresh) {}
