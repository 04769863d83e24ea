/**
 * The two-host lab and the watching client.
 *
 * <p>Uses {@code linux} (to enter a network namespace) and nothing else of Godwit: what measures
 * and compares must not share code with what it measures. Start with {@link dev.godwit.demo.Demo};
 * {@link dev.godwit.demo.Lab} makes the hosts, {@link dev.godwit.demo.LabServices} and {@link
 * dev.godwit.demo.Fill} what is on them, {@link dev.godwit.demo.WatchingClient} asks, {@link
 * dev.godwit.demo.LedgerCheck} and {@link dev.godwit.demo.TreeComparison} look afterwards. Beside
 * the classes are the hosts' own files: {@code host.sh} is the first process of each.
 */
@NullMarked
package dev.godwit.demo;

import org.jspecify.annotations.NullMarked;
