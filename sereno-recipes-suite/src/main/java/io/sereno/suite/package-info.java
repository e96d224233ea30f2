/** The rules about Sereno's own recipes, which {@link io.sereno.suite.RecipesSuite} adds to those of the kit. */
@NullMarked
package io.sereno.suite;

import org.jspecify.annotations.NullMarked;
