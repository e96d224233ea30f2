/** Rules, the tests of them, and the specification that they come from. */
@NullMarked
package io.sereno.tck.rules;

import org.jspecify.annotations.NullMarked;
