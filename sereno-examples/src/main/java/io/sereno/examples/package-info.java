/** Programs to read and to run. */
@NullMarked
package io.sereno.examples;

import org.jspecify.annotations.NullMarked;
