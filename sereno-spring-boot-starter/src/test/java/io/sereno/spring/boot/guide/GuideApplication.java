package io.sereno.spring.boot.guide;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** The application of the tests in this package. */
@SpringBootConfiguration
@EnableAutoConfiguration
@Import(MonthEnd.class)
class GuideApplication {}
