/** The rules of the election. */
@NullMarked
package io.sereno.suite.election;

import org.jspecify.annotations.NullMarked;
