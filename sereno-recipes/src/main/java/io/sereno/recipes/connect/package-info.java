/** From a URI, a builder or the class path to a connected client: everything that happens before the first recipe. */
@NullMarked
package io.sereno.recipes.connect;

import org.jspecify.annotations.NullMarked;
