/** What of the auto-configuration differs between the lines of Spring Boot: the health, here for Spring Boot 4. */
@NullMarked
package io.sereno.spring.boot4;

import org.jspecify.annotations.NullMarked;
