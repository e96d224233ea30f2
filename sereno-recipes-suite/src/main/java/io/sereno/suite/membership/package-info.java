/** The rules of the membership. */
@NullMarked
package io.sereno.suite.membership;

import org.jspecify.annotations.NullMarked;
