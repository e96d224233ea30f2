/** The code of docs/guides/spring-boot.md. */
@NullMarked
package io.sereno.spring.boot.guide;

import org.jspecify.annotations.NullMarked;
