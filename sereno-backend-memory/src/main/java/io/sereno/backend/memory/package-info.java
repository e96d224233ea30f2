/**
 * The store in this JVM: for tests, for examples, and as the executable form of the rules that every backend keeps.
 *
 * <p>Applications name it by URI: {@code memory:} is a separate store for one client, {@code memory:/name} the store of
 * that name in this JVM, which is gone when the last client closes it. Tests that also want to control the time create
 * a {@link io.sereno.backend.memory.MemoryStore}.
 */
@NullMarked
package io.sereno.backend.memory;

import org.jspecify.annotations.NullMarked;
