/** Faults between a client and its store, made by the proxy or by a decorator. */
@NullMarked
package io.sereno.tck.faults;

import org.jspecify.annotations.NullMarked;
