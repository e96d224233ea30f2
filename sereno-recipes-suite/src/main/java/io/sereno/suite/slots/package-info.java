/** Rules about the slot pool. */
@NullMarked
package io.sereno.suite.slots;

import org.jspecify.annotations.NullMarked;
