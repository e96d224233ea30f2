@NullMarked
package io.sereno.backend.redis;

import org.jspecify.annotations.NullMarked;
