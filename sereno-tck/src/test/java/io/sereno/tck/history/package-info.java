@NullMarked
package io.sereno.tck.history;

import org.jspecify.annotations.NullMarked;
