/**
 * A TCP proxy that misbehaves on demand, for tests of anything that communicates over TCP. It knows no protocol, needs
 * nothing but the JDK, and is usable without the rest of the kit.
 *
 * <p>Start with {@link io.sereno.tck.proxy.FaultProxy}; {@link io.sereno.tck.proxy.Direction} has the faults of one
 * direction. From a shell: {@code java -cp sereno-tck.jar io.sereno.tck.proxy.ProxyConsole HOST:PORT}, which executes
 * the commands that are typed.
 */
@NullMarked
package io.sereno.tck.proxy;

import org.jspecify.annotations.NullMarked;
