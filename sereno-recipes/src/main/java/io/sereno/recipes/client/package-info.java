/**
 * What every recipe needs from its client: the connection with its session, shared objects, errors that name recipe and store; and what the recipes that
 * give rights have in common.
 */
@NullMarked
package io.sereno.recipes.client;

import org.jspecify.annotations.NullMarked;
