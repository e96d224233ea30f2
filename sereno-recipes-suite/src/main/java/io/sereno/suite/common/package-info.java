/** The rules of all recipes, and the recipes in a second process. */
@NullMarked
package io.sereno.suite.common;

import org.jspecify.annotations.NullMarked;
