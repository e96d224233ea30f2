/** The store of {@code docs/write-a-backend.md}: shelves in this process, with one lock. */
@NullMarked
package io.sereno.examples.backend;

import org.jspecify.annotations.NullMarked;
