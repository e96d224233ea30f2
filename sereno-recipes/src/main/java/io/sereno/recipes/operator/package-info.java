/**
 * What operators see and do. Begin with {@link io.sereno.recipes.operator.OperatorRecipe}. {@link
 * io.sereno.recipes.operator.Namespace} lists and reads, {@link io.sereno.recipes.operator.Ending} and {@link
 * io.sereno.recipes.operator.Deletion} take a seat away, {@link io.sereno.recipes.operator.Intervention} records that.
 * This package reads what all recipes keep; no recipe uses it.
 */
@NullMarked
package io.sereno.recipes.operator;

import org.jspecify.annotations.NullMarked;
