/** The rules of the SPI, and the histories that some of them judge. */
@NullMarked
package io.sereno.tck.spi;

import org.jspecify.annotations.NullMarked;
