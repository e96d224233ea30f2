/** The counter: changes that are applied once each. */
@NullMarked
package io.sereno.recipes.counter;

import org.jspecify.annotations.NullMarked;
