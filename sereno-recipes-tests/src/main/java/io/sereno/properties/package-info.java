/**
 * The properties of the recipes, each written once: they are told what callers do and what the store shows, and say what is wrong. The explorer, a
 * fault on each request and the suite on a real store drive them.
 */
@org.jspecify.annotations.NullMarked
package io.sereno.properties;
