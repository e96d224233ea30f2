@NullMarked
package io.sereno.spi;

import org.jspecify.annotations.NullMarked;
