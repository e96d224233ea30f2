/** What of the auto-configuration differs between the lines of Spring Boot: the health, here for Spring Boot 3.5. */
@NullMarked
package io.sereno.spring.boot3;

import org.jspecify.annotations.NullMarked;
