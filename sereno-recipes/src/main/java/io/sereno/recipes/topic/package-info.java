/** The topic: batches in order, live and durable readers. */
@NullMarked
package io.sereno.recipes.topic;

import org.jspecify.annotations.NullMarked;
