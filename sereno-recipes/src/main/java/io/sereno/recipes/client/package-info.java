/** What every recipe needs from its client: the connection with its session, shared objects, errors that name recipe and store. */
@NullMarked
package io.sereno.recipes.client;

import org.jspecify.annotations.NullMarked;
