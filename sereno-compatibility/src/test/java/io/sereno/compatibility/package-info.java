/** The present build on stores of former builds, and beside them. */
@NullMarked
package io.sereno.compatibility;

import org.jspecify.annotations.NullMarked;
