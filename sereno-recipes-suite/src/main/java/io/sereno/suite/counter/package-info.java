/** The rules of the counter. */
@NullMarked
package io.sereno.suite.counter;

import org.jspecify.annotations.NullMarked;
