/** The rules of the ids. */
@NullMarked
package io.sereno.suite.ids;

import org.jspecify.annotations.NullMarked;
