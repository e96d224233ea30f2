/** Rules about scheduled tasks. */
@NullMarked
package io.sereno.suite.tasks;

import org.jspecify.annotations.NullMarked;
