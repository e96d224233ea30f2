/** Rules about the barrier. */
@NullMarked
package io.sereno.suite.barrier;

import org.jspecify.annotations.NullMarked;
