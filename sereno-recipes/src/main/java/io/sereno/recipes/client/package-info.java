/** What every recipe needs of its client: the connection with its session, what recipes share, errors that name recipe and store. */
@NullMarked
package io.sereno.recipes.client;

import org.jspecify.annotations.NullMarked;
