@NullMarked
package io.sereno.recipes;

import org.jspecify.annotations.NullMarked;
