/** Ids: windows of ticks reserved in the store, taken from memory. */
@NullMarked
package io.sereno.recipes.ids;

import org.jspecify.annotations.NullMarked;
