/** The tests of both starters: the same on each line of Spring Boot. */
@NullMarked
package io.sereno.spring.boot;

import org.jspecify.annotations.NullMarked;
