/** One run of the kit: its tests, the clients that they use, and how an outcome becomes a verdict. */
@NullMarked
package io.sereno.tck.run;

import org.jspecify.annotations.NullMarked;
