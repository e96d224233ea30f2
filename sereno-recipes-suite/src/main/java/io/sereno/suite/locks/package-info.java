/** The rules of the lock with readers and writers, and of the locks over several names. */
@NullMarked
package io.sereno.suite.locks;

import org.jspecify.annotations.NullMarked;
