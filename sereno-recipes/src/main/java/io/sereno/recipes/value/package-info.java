/** The shared value: one entry that many clients change and follow. */
@NullMarked
package io.sereno.recipes.value;

import org.jspecify.annotations.NullMarked;
