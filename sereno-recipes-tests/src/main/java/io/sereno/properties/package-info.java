/**
 * The properties of the recipes, each written once: each gets the calls, the callbacks or the content of the store, and
 * reports what is wrong. The explorer, the tests with a fault on each request, and the suite on a real store use them;
 * each of these three drives every recipe.
 */
@org.jspecify.annotations.NullMarked
package io.sereno.properties;
