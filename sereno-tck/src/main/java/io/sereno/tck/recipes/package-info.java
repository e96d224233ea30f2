/** One calm and one rough run of each recipe, the rules that judge them, and the rules about restored stores. */
@NullMarked
package io.sereno.tck.recipes;

import org.jspecify.annotations.NullMarked;
