@NullMarked
package io.sereno.backend.postgresql;

import org.jspecify.annotations.NullMarked;
