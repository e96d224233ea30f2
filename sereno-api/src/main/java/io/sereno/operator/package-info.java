/**
 * For operators: which client holds what, who waits for whom, and how to take a right away. {@link
 * io.sereno.Sereno#operator()} returns the {@link io.sereno.operator.Operator} of a namespace.
 *
 * <p>What this package shows is read from the store and may be outdated when it is looked at. Names, node ids and reasons
 * are shown as they are stored, so they may contain control characters; {@link io.sereno.spi.Names#printable} escapes
 * them.
 *
 * <p>Names like OPR-1 refer to rules of the specification, {@code docs/spec.md}.
 */
@NullMarked
package io.sereno.operator;

import org.jspecify.annotations.NullMarked;
