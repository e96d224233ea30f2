@NullMarked
package io.sereno;

import org.jspecify.annotations.NullMarked;
