/** Membership: an entry for each member, and listeners that hear who comes and goes. */
@NullMarked
package io.sereno.recipes.membership;

import org.jspecify.annotations.NullMarked;
