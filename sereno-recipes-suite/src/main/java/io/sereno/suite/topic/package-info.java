/** The rules of the topic. */
@NullMarked
package io.sereno.suite.topic;

import org.jspecify.annotations.NullMarked;
