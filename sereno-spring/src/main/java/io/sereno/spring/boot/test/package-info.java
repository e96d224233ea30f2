/** For tests of applications with Spring Boot: {@link io.sereno.spring.boot.test.AutoConfigureTestSereno}. */
@NullMarked
package io.sereno.spring.boot.test;

import org.jspecify.annotations.NullMarked;
