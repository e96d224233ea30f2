/** Tests of applications with JUnit Jupiter: begin with {@link io.sereno.junit.SerenoTest}. */
@NullMarked
package io.sereno.junit;

import org.jspecify.annotations.NullMarked;
