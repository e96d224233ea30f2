/** The rules of the recipes, and the runs that some of them judge. */
@NullMarked
package io.sereno.tck.recipes;

import org.jspecify.annotations.NullMarked;
