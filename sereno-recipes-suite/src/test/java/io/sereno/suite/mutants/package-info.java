/**
 * Backends that break one rule each, and backends that keep all rules as unpleasantly as possible: they test the kit.
 */
@NullMarked
package io.sereno.suite.mutants;

import org.jspecify.annotations.NullMarked;
