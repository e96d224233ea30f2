/**
 * The properties of the recipes, each written once: each gets the calls and the content of the store, and returns what
 * is wrong. The explorer, the tests with a fault on each request, and the suite on a real store use them; a few need only
 * two of the three.
 */
@org.jspecify.annotations.NullMarked
package io.sereno.properties;
