/** Faults that rules of several recipes share. */
@NullMarked
package io.sereno.suite.faults;

import org.jspecify.annotations.NullMarked;
