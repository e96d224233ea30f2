/** The rules of the mutex. */
@NullMarked
package io.sereno.suite.mutex;

import org.jspecify.annotations.NullMarked;
