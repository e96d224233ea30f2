/** What rules of several recipes with queues share. */
@NullMarked
package io.sereno.suite.queues;

import org.jspecify.annotations.NullMarked;
