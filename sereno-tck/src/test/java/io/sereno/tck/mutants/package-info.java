/** Backends that break one rule each, and backends that keep all of them as unpleasantly as can be: what tries the kit. */
@NullMarked
package io.sereno.tck.mutants;

import org.jspecify.annotations.NullMarked;
