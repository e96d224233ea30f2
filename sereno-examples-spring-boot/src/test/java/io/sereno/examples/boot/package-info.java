/** Tests of the example with Spring Boot. */
@NullMarked
package io.sereno.examples.boot;

import org.jspecify.annotations.NullMarked;
