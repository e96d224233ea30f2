/** Membership: an entry for each member, and listeners that are notified when members come and go. */
@NullMarked
package io.sereno.recipes.membership;

import org.jspecify.annotations.NullMarked;
