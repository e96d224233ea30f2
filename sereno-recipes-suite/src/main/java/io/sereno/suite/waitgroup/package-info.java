/** The rules of the wait group. */
@NullMarked
package io.sereno.suite.waitgroup;

import org.jspecify.annotations.NullMarked;
