@NullMarked
package io.sereno.tck.proxy;

import org.jspecify.annotations.NullMarked;
