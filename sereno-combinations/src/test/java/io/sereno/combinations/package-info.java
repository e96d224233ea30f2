/** Applications as users build them: each from a pom of its own, in a process of its own, against real servers. */
@NullMarked
package io.sereno.combinations;

import org.jspecify.annotations.NullMarked;
