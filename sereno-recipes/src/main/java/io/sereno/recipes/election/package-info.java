/** The election: a place in a queue for each candidate, and a view of its peers. */
@NullMarked
package io.sereno.recipes.election;

import org.jspecify.annotations.NullMarked;
