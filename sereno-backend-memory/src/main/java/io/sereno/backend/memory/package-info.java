/**
 * The store in this JVM: for tests, for examples, and as the executable form of the rules that every backend keeps.
 *
 * <p>Applications name it by URI: {@code memory:} is a store of one client's own, {@code memory:/name} the store of that
 * name in this JVM, which is gone when the last client closes it. Tests that also want the time in their hands make a
 * {@link io.sereno.backend.memory.MemoryStore}.
 */
@NullMarked
package io.sereno.backend.memory;

import org.jspecify.annotations.NullMarked;
