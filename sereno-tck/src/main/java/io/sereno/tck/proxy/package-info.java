/**
 * A TCP proxy that misbehaves on demand, for tests of anything that talks over TCP. It knows no protocol, needs nothing
 * but the JDK, and is usable without the rest of the kit.
 *
 * <p>Start with {@link io.sereno.tck.proxy.FaultProxy}; what one direction may do to the bytes is in
 * {@link io.sereno.tck.proxy.Direction}. From a shell: {@code java -cp sereno-tck.jar
 * io.sereno.tck.proxy.ProxyConsole HOST:PORT}, which obeys what is typed.
 */
@NullMarked
package io.sereno.tck.proxy;

import org.jspecify.annotations.NullMarked;
