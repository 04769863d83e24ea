/**
 * What Godwit's long-running commands share: the file that configures them, the socket on which
 * they are asked, their metrics, and what they tell the service manager.
 *
 * <p>{@link dev.godwit.daemon.ConfigFile} reads YAML and tells all problems with their places;
 * {@link dev.godwit.daemon.ControlSocket} finds and asks processes that run, {@link
 * dev.godwit.daemon.ControlServer} answers; {@link dev.godwit.daemon.MetricsText} is what
 * Prometheus reads; {@link dev.godwit.daemon.Readiness} speaks sd_notify(3); {@link
 * dev.godwit.daemon.LogLines} writes what they say, whether anybody reads it or not.
 *
 * <p>Uses {@code host} and {@code linux}.
 */
@NullMarked
package dev.godwit.daemon;

import org.jspecify.annotations.NullMarked;
