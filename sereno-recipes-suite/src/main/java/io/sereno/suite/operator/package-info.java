/** Rules about what operators see and do. */
@NullMarked
package io.sereno.suite.operator;

import org.jspecify.annotations.NullMarked;
