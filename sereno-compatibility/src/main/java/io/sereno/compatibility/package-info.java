/** Stores filled by former builds, and applications of two builds side by side; docs/compatibility.md says what is kept. */
@NullMarked
package io.sereno.compatibility;

import org.jspecify.annotations.NullMarked;
