/** The wait group: workers that join, are done, or are lost. */
@NullMarked
package io.sereno.recipes.waitgroup;

import org.jspecify.annotations.NullMarked;
