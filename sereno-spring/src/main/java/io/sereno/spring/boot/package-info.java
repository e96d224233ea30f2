/**
 * The auto-configuration for Spring Boot 3.5 and 4: {@link io.sereno.spring.boot.SerenoAutoConfiguration} makes the bean
 * of {@link io.sereno.Sereno} from {@link io.sereno.spring.boot.SerenoProperties}.
 */
@NullMarked
package io.sereno.spring.boot;

import org.jspecify.annotations.NullMarked;
