/**
 * Sereno in applications with Spring: {@link io.sereno.spring.SerenoLifecycle} releases leaderships when the application
 * begins to stop.
 */
@NullMarked
package io.sereno.spring;

import org.jspecify.annotations.NullMarked;
