/** The rules of the shared value. */
@NullMarked
package io.sereno.suite.value;

import org.jspecify.annotations.NullMarked;
